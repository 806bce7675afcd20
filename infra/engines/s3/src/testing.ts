import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A server in a process of its own, which a test may stop, freeze and start again. */
export interface S3Engine {
  /** With its access key and secret: `http://key:secret@127.0.0.1:port`. */
  readonly address: string;
  readonly port: number;
  /** Stops it in its tracks: connections stay, and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Ends it and waits until it has gone; also a frozen one. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts one on 127.0.0.1 and waits until it is ready. Fails with what it said if it ends instead. */
export async function startS3(directory: string, options: { readonly port?: number } = {}): Promise<S3Engine> {
  const script = fileURLToPath(new URL('../start.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, '--data', directory, '--port', String(options.port ?? 0)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { address, pid } = await ready(child);
  return {
    address,
    port: Number(new URL(address).port),
    freeze: () => process.kill(pid, 'SIGSTOP'),
    thaw: () => process.kill(pid, 'SIGCONT'),
    end: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      process.kill(pid, 'SIGCONT');
      if (signal === 'SIGKILL') process.kill(pid, signal);
      else child.kill(signal);
      await gone;
    },
  };
}

function ready(child: ChildProcess): Promise<{ readonly address: string; readonly pid: number }> {
  const said: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  return new Promise((resolve, reject) => {
    if (child.stdout === null) return reject(new Error('It says nothing.'));
    createInterface(child.stdout).on('line', (line) => {
      said.push(line);
      const [, address, pid] = /^Ready: ([^,]+), process (\d+),/.exec(line) ?? [];
      if (address !== undefined) resolve({ address, pid: Number(pid) });
    });
    child.once('exit', (code) => reject(new Error(`The S3 server ended with ${code}: ${said.join('\n')}`)));
    child.once('error', reject);
  });
}
