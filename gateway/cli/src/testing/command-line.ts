import { Readable, Writable } from 'node:stream';
import { run } from '../run.js';

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ended>;
  stdout(): string;
  interrupt(): void;
}

export interface CommandLineOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly stdin?: string;
  readonly isTTY?: boolean;
}

class Kept extends Writable {
  text = '';
  constructor(readonly isTTY: boolean) {
    super();
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs the command in this process, with streams and an environment of the test's own. */
export function startCommand(argv: readonly string[], options: CommandLineOptions = {}): Running {
  const isTTY = options.isTTY ?? false;
  const [stdout, stderr] = [new Kept(isTTY), new Kept(isTTY)];
  const interrupted = new AbortController();
  const ended = run(
    argv,
    {
      env: options.env ?? {},
      directory: options.directory ?? '/nowhere',
      stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
      stdout,
      stderr,
      interrupted: interrupted.signal,
    },
    '0.0.0-test',
  ).then((exitCode) => ({ exitCode, stdout: stdout.text, stderr: stderr.text }));
  return { ended, stdout: () => stdout.text, interrupt: () => interrupted.abort(new Error('Interrupted.')) };
}

export function command(argv: readonly string[], options: CommandLineOptions = {}): Promise<Ended> {
  return startCommand(argv, options).ended;
}
