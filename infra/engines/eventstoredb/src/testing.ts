import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A stand-in in a process of its own, which a test may kill, freeze and start again. */
export interface StandIn {
  readonly connectionString: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** Whatever it has printed so far, line by line. */
  readonly said: readonly string[];
  /** Stops it in its tracks and waits until it stands. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Ends it and waits until it has gone; also a frozen one. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts one on 127.0.0.1 and waits until it is ready. Fails with what it said if it ends instead. */
export async function startStandIn(
  directory: string,
  options: { readonly port?: number; readonly flags?: readonly string[] } = {},
): Promise<StandIn> {
  const script = fileURLToPath(new URL('../start.mjs', import.meta.url));
  const flags = ['--data', directory, '--port', String(options.port ?? 0), ...(options.flags ?? [])];
  const child = spawn(process.execPath, ['--no-warnings', script, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const connectionString = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      said.push(line);
      const ready = /^Ready: ([^,]+),/.exec(line)?.[1];
      if (ready !== undefined) resolve(ready);
    });
    child.once('exit', (code) => reject(new Error(`The stand-in ended with ${code}: ${said.join('\n')}`)));
    child.once('error', reject);
  });
  return {
    connectionString,
    port: Number(/:(\d+)\?/.exec(connectionString)?.[1]),
    process: child,
    said,
    freeze: async () => {
      child.kill('SIGSTOP');
      // The signal takes its time while the process is busy.
      while (!execFileSync('ps', ['-o', 'stat=', '-p', String(child.pid)], { encoding: 'utf8' }).startsWith('T'))
        await pause(5);
    },
    thaw: () => {
      child.kill('SIGCONT');
    },
    end: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGCONT');
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
  };
}
