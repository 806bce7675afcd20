import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A server in a process of its own, which a test may stop, freeze and start again. */
export interface MongoDbStandIn {
  readonly connectionString: string;
  readonly port: number;
  /** Stops it in its tracks: connections stay, and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** An orderly end: what is not yet on its disk is lost with `kill -9`, which no MongoDB would do. */
  end(): Promise<void>;
}

/** Starts one on 127.0.0.1 and waits until it is ready. Fails with what it said if it ends instead. */
export async function startMongoDb(
  directory: string,
  options: { readonly port?: number } = {},
): Promise<MongoDbStandIn> {
  const script = fileURLToPath(new URL('../start.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, '--data', directory, '--port', String(options.port ?? 0)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { connectionString, pid } = await ready(child);
  return {
    connectionString,
    port: Number(new URL(connectionString).port),
    freeze: () => process.kill(pid, 'SIGSTOP'),
    thaw: () => process.kill(pid, 'SIGCONT'),
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      process.kill(pid, 'SIGCONT');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

function ready(child: ChildProcess): Promise<{ readonly connectionString: string; readonly pid: number }> {
  const said: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  return new Promise((resolve, reject) => {
    if (child.stdout === null) return reject(new Error('It says nothing.'));
    createInterface(child.stdout).on('line', (line) => {
      said.push(line);
      const [, connectionString, pid] = /^Ready: ([^,]+), process (\d+),/.exec(line) ?? [];
      if (connectionString !== undefined) resolve({ connectionString, pid: Number(pid) });
    });
    child.once('exit', (code) => reject(new Error(`MongoDB's stand-in ended with ${code}: ${said.join('\n')}`)));
    child.once('error', reject);
  });
}
