import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperationalError } from '@millrace/runtime';
import { writeFileAtomically } from './atomic-file.js';

/** Of the data directory as a whole. Raised when an older release could no longer read it. */
export const DATA_FORMAT = 1;

/** Brings a directory of the format that is its key to the next one. Called after a copy was made. */
export type FormatUpgrades = ReadonlyMap<number, (directory: string) => void>;

/** What a copy before an upgrade holds: all that can't be rebuilt and is not content-addressed. */
const COPIED = ['log.sqlite', 'log.sqlite-wal', 'head.json', 'format'];

/**
 * Refuses newer data, upgrades older data after a copy to `before-format-<n>/` (docs/decisions/0027). Call it with the lock held.
 *
 * @throws OperationalError `DATA_TOO_NEW`, `DATA_TOO_OLD`.
 */
export function settleFormat(directory: string, format = DATA_FORMAT, upgrades: FormatUpgrades = new Map()): void {
  const found = readFormat(directory, format);
  if (found > format)
    throw new OperationalError(
      `The data in ${directory} has format ${found}, written by a newer release; this one knows formats up to ${format}. Start the newer release, or restore a backup.`,
      { retryable: false, code: 'DATA_TOO_NEW' },
    );
  for (let from = found; from < format; from += 1) {
    const upgrade = upgrades.get(from);
    if (upgrade === undefined)
      throw new OperationalError(
        `The data in ${directory} has format ${found}; this release can't upgrade from format ${from}.`,
        {
          retryable: false,
          code: 'DATA_TOO_OLD',
        },
      );
    copyAside(directory, from);
    upgrade(directory);
    writeFormat(directory, from + 1);
  }
  if (!existsSync(join(directory, 'format'))) writeFormat(directory, format);
}

function readFormat(directory: string, format: number): number {
  const file = join(directory, 'format');
  // The file is as old as format 1: data without it is of that format, or there is no data yet.
  if (!existsSync(file)) return existsSync(join(directory, 'log.sqlite')) ? 1 : format;
  const text = readFileSync(file, 'utf8').trim();
  const found = Number(text);
  if (Number.isSafeInteger(found) && found > 0) return found;
  throw new OperationalError(
    `${file} should hold the number of the data's format, but holds ${JSON.stringify(text.slice(0, 40))}.`,
    {
      retryable: false,
      code: 'DATA_UNKNOWN',
    },
  );
}

function writeFormat(directory: string, format: number): void {
  writeFileAtomically(join(directory, 'format'), `${format}\n`);
}

/** The lock is held, so nobody writes and files can simply be copied. A copy that is there already was made before an upgrade that broke off. */
function copyAside(directory: string, format: number): void {
  const aside = join(directory, `before-format-${format}`);
  if (existsSync(join(aside, 'format'))) return;
  mkdirSync(aside, { recursive: true });
  for (const name of COPIED)
    if (existsSync(join(directory, name))) copyFileSync(join(directory, name), join(aside, name));
  if (!existsSync(join(aside, 'format'))) writeFormat(aside, format);
}
