import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperationalError } from '@millrace/runtime';
import type { LogHead, Position } from '../event-store.js';

export const HEAD_FILE = 'head.json';

/** Somebody who has seen the log at a position: it can't be behind that now (docs/decisions/0008). */
export interface Witness {
  /** For people, e.g. `head.json` or a view's name. */
  readonly name: string;
  /** Of the log that was seen; absent: of this one. A witness of another log says nothing. */
  readonly logId?: string;
  readonly position: Position;
  /** Chain hash of the event at that position, where the witness knows it. */
  readonly hash?: string;
}

/** The log as far as it is judged here. */
export interface WitnessedLog {
  readonly logId: string;
  head(): LogHead;
  hashAtPosition(position: number): string | undefined;
}

/** What witnesses have seen and the log no longer holds: a sentence, with both positions, for all that have seen the same. */
export function findLosses(log: WitnessedLog, witnesses: readonly Witness[]): readonly string[] {
  const head = log.head();
  const alike = new Map<string, Seen>();
  for (const { name, logId, position, hash } of witnesses) {
    if (logId !== undefined && logId !== log.logId) continue;
    // Which event it was says nothing more where there is none any longer.
    const key = position > head.position ? String(position) : `${position} ${hash ?? ''}`;
    const seen = alike.get(key);
    if (seen === undefined) alike.set(key, { names: [name], position, ...(hash === undefined ? {} : { hash }) });
    else seen.names.push(name);
  }
  return [...alike.values()].flatMap((seen) => contradiction(log, head, seen) ?? []);
}

interface Seen extends Pick<Witness, 'position' | 'hash'> {
  readonly names: string[];
}

function contradiction(log: WitnessedLog, head: LogHead, { names, position, hash }: Seen): string | undefined {
  const have = `${listed(names)} ${names.length === 1 ? 'has' : 'have'}`;
  if (position > head.position)
    return `${have} seen the log at position ${position}, but the log ends at position ${head.position}: ${position - head.position} events are missing.`;
  if (hash === undefined || position === 0n) return undefined;
  const found = log.hashAtPosition(Number(position));
  if (found === hash) return undefined;
  return `${have} seen another event at position ${position} than the log holds (the log ends at position ${head.position}): hash ${hash}, now ${found ?? 'nothing'}.`;
}

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

export function logDamaged(directory: string, messages: readonly string[]): OperationalError {
  return new OperationalError(
    `The event log in ${directory} has lost events. ${messages.join(' ')} Restore a backup, or start with --accept-loss to go on without them.`,
    { retryable: false, code: 'LOG_DAMAGED' },
  );
}

export function headFileText(logId: string, head: LogHead): string {
  return `${JSON.stringify({ logId, position: String(head.position), hash: head.hash })}\n`;
}

/** Undefined when there is none. A file that can't be read is no witness, but a sign: it is named by the caller's error. */
export function readHeadFile(directory: string): Witness | undefined {
  const path = join(directory, HEAD_FILE);
  if (!existsSync(path)) return undefined;
  try {
    const { logId, position, hash } = JSON.parse(readFileSync(path, 'utf8')) as {
      logId: string;
      position: string;
      hash: string;
    };
    return { name: HEAD_FILE, logId, position: BigInt(position), hash };
  } catch (cause) {
    throw new OperationalError(
      `${path} can't be read: it is written atomically, so the disk or somebody has damaged it. Check the disk, then remove that file.`,
      {
        retryable: false,
        code: 'LOG_DAMAGED',
        cause,
      },
    );
  }
}
