import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StreamName } from '@millrace/contracts';
import type { EventStore } from '../../event-store.js';

export interface Acknowledged {
  readonly stream: StreamName;
  readonly revision: number;
  readonly hash: string;
}

/** A process under write load, as `write-load.ts` describes it. */
export interface WriteLoad {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly acknowledged: Acknowledged[];
  readonly errors: string[];
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  /** Resolves when so many appends were acknowledged, or the process has ended. */
  reached(count: number): Promise<void>;
}

const HERE = join(import.meta.dirname);

/** @param wrapper - a command that runs another, e.g. `strace -f …`. */
export function startWriteLoad(
  directory: string,
  load: { writers: number; appends?: number; size?: number },
  wrapper: readonly string[] = [],
): WriteLoad {
  const program = [
    process.execPath,
    '--no-warnings',
    '--experimental-transform-types',
    '--import',
    join(HERE, 'source-hooks.mjs'),
    join(HERE, 'write-load.ts'),
  ];
  const [command = '', ...input] = [
    ...wrapper,
    ...program,
    directory,
    String(load.writers),
    String(load.appends ?? 0),
    String(load.size ?? 1),
  ];
  const child = spawn(command, input, { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const acknowledged: Acknowledged[] = [];
  const errors: string[] = [];
  let wake = (): void => {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    const [word, stream, revision, hash] = line.split(' ');
    if (word === 'acknowledged')
      acknowledged.push({ stream: stream as StreamName, revision: Number(revision), hash: hash ?? '' });
    wake();
  });
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => (code ?? signal) as number | string);
  const reached = async (count: number): Promise<void> => {
    let isOver = false;
    void ended.then(() => {
      isOver = true;
      wake();
    });
    while (acknowledged.length < count && !isOver) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { child, lines, acknowledged, errors, ended, reached };
}

/** What was acknowledged and is not there, or is another event. */
export async function missing(
  store: EventStore,
  acknowledged: readonly Acknowledged[],
): Promise<readonly Acknowledged[]> {
  const lost: Acknowledged[] = [];
  for (const each of acknowledged) {
    const [event] = (await store.readStream(each.stream, { from: each.revision, limit: 1 })).events;
    if (event?.hash !== each.hash) lost.push(each);
  }
  return lost;
}
