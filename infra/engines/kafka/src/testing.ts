import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A broker in processes of its own, which a test may kill, freeze and start again on the same data. */
export interface KafkaEngine {
  /** `kafka://127.0.0.1:port`: where the broker itself listens. */
  readonly address: string;
  readonly port: number;
  /** Of the broker, not of its script. */
  readonly pid: number;
  freeze(): void;
  thaw(): void;
  /** Ends it and waits until it has gone; also a frozen one. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export interface KafkaEngineOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** What clients are told to connect to: the port of a proxy before the broker. */
  readonly advertisePort?: number;
}

/** Starts one on 127.0.0.1, fetched if it is not there yet, and waits until it is ready. Fails with what it said if it ends instead. */
export async function startKafka(directory: string, options: KafkaEngineOptions = {}): Promise<KafkaEngine> {
  const script = fileURLToPath(new URL('../start.mjs', import.meta.url));
  const advertised = options.advertisePort === undefined ? [] : ['--advertise-port', String(options.advertisePort)];
  const flags = ['--data', directory, '--port', String(options.port ?? 0), ...advertised];
  const child = spawn(process.execPath, [script, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const ready = await new Promise<RegExpExecArray>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      said.push(line);
      const found = /^Ready: kafka:\/\/127\.0\.0\.1:(\d+), broker process (\d+),/.exec(line);
      if (found !== null) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`Kafka ended with ${code}: ${said.join('\n')}`)));
    child.once('error', reject);
  });
  const port = Number(ready[1]);
  const pid = Number(ready[2]);
  return {
    address: `kafka://127.0.0.1:${port}`,
    port,
    pid,
    freeze: () => void process.kill(pid, 'SIGSTOP'),
    thaw: () => void process.kill(pid, 'SIGCONT'),
    end: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      process.kill(pid, 'SIGCONT');
      process.kill(pid, signal);
      await gone;
    },
  };
}

/** The broker that `MILLRACE_TEST_KAFKA` names (`kafka://…`), or one of its own. One that is named and can't be reached fails the suite. */
export async function kafkaForTests(): Promise<{ readonly address: string; end(): Promise<void> }> {
  const given = process.env['MILLRACE_TEST_KAFKA'];
  if (given !== undefined && given !== '') return { address: given, end: () => Promise.resolve() };
  const directory = mkdtempSync(join(tmpdir(), 'millrace-kafka-'));
  const engine = await startKafka(directory);
  return {
    address: engine.address,
    end: async () => {
      await engine.end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
