import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { lockDirectory, readHeadFile } from '@millrace/event-store/sqlite';
import { makeDirectory } from '@millrace/runtime';
import { copyIfThere, filesOf, syncDirectories, syncDirectory } from './copied-files.js';
import { BACKUP_FILE, DATA_FORMAT, HEAD_FILE, LOG_FILE, requireData, type BackupManifest } from './data-directory.js';
import type { OnProgress, RestoreOptions, RestoreReport } from '@millrace/contracts/maintenance';
import { breathe, throttled, type Work } from './progress.js';
import { asRefusal, MaintenanceRefusal } from './refusal.js';
import { syncFile } from './sqlite-copy.js';
import { verifyDirectory } from './verify.js';

/**
 * Makes a data directory from a backup, verifies it, and only then gives it its name. The views are folded by the next start. The log gets
 * a new id: what happened after the backup is gone, and cursors into that must not fit what happens from now on.
 *
 * @throws MaintenanceRefusal `NO_BACKUP`, `NEWER_FORMAT`, `DAMAGED`; `NOT_EMPTY` when there is data and `replace` is not set; `LOCKED`
 * while a platform runs on it. Then what was there is there.
 */
export function restore(options: RestoreOptions, onProgress: OnProgress): Promise<RestoreReport> {
  return asRefusal(async () => {
    const { source, dataDirectory, signal, replace = false } = options;
    requireBackup(source);
    const found = await lookAt(dataDirectory);
    if (found === 'data' && !replace)
      throw new MaintenanceRefusal(
        'NOT_EMPTY',
        `${dataDirectory} is not empty. Say --replace to move it aside, or name another directory with --data.`,
      );
    if (found === 'data') refuseRunning(dataDirectory);
    // An empty directory may be a mounted volume, which can't be replaced by a rename: then it is filled.
    const staging = join(found === 'empty' ? dataDirectory : dirname(dataDirectory), `.restoring-${randomUUID()}`);
    await makeDirectory(staging, 0o700);
    try {
      const head = await fill(staging, source, { signal, onProgress: throttled(onProgress) });
      const movedAside = found === 'data' ? await moveAside(dataDirectory) : undefined;
      await publish(staging, dataDirectory);
      return { head, ...(movedAside === undefined ? {} : { movedAside }) };
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  });
}

function requireBackup(source: string): void {
  const path = join(source, BACKUP_FILE);
  if (!existsSync(path))
    throw new MaintenanceRefusal(
      'NO_BACKUP',
      `${source} is no backup: it has no ${BACKUP_FILE}. Name a directory that \`millrace backup\` has made.`,
    );
  requireData(source);
  const { format } = JSON.parse(readFileSync(path, 'utf8')) as BackupManifest;
  if (format > DATA_FORMAT)
    throw new MaintenanceRefusal('NEWER_FORMAT', `${source} was made by a newer release. Restore it with that one.`);
}

async function lookAt(directory: string): Promise<'nothing' | 'empty' | 'data'> {
  if (!existsSync(directory)) return 'nothing';
  return (await readdir(directory)).length === 0 ? 'empty' : 'data';
}

/** @throws MaintenanceRefusal `LOCKED`. */
function refuseRunning(directory: string): void {
  if (existsSync(join(directory, LOG_FILE))) lockDirectory(directory).release();
}

async function fill(staging: string, source: string, work: Work): Promise<string> {
  const files = (await filesOf(source)).filter((path) => path !== BACKUP_FILE);
  for (const [at, path] of files.entries()) {
    await breathe(work);
    await copyIfThere(join(source, path), join(staging, path));
    work.onProgress({ step: 'files', done: at + 1, of: files.length });
  }
  await becomeAnotherLog(staging);
  const { findings, head } = await verifyDirectory(staging, work);
  const [first] = findings;
  if (first !== undefined)
    throw new MaintenanceRefusal(
      'DAMAGED',
      `The backup breaks ${findings.length === 1 ? 'a promise' : `${findings.length} promises`}, and nothing was restored. ` +
        `${first.code} ${first.subject}: ${first.message}`,
    );
  await syncDirectories(staging);
  return head;
}

async function becomeAnotherLog(directory: string): Promise<void> {
  const head = readHeadFile(directory);
  if (head === undefined)
    throw new MaintenanceRefusal(
      'DAMAGED',
      `The backup has no ${HEAD_FILE}, so that a missing tail would not be seen.`,
    );
  const logId = randomUUID();
  const log = new DatabaseSync(join(directory, LOG_FILE));
  try {
    log.prepare("UPDATE log SET value = ? WHERE key = 'id'").run(logId);
  } finally {
    log.close();
  }
  await syncFile(join(directory, LOG_FILE));
  const text = JSON.stringify({ logId, position: String(head.position), hash: head.hash });
  await writeFile(join(directory, HEAD_FILE), `${text}\n`, { mode: 0o600, flush: true });
}

/** @throws MaintenanceRefusal `LOCKED`. */
async function moveAside(directory: string): Promise<string> {
  let number = 1;
  while (existsSync(`${directory}.replaced-${number}`)) number += 1;
  const aside = `${directory}.replaced-${number}`;
  // Held until the directory has its other name: nobody may start on it in between.
  const lock = lockDirectory(directory);
  try {
    await rename(directory, aside);
  } finally {
    lock.release();
  }
  return aside;
}

/** Into an empty directory the witness goes first and the log last: a start in between would see that the log is missing. */
async function publish(staging: string, directory: string): Promise<void> {
  if (dirname(staging) !== directory) {
    await rename(staging, directory);
    return syncDirectory(dirname(directory));
  }
  const names = (await readdir(staging)).filter((name) => name !== HEAD_FILE && name !== LOG_FILE);
  for (const name of [HEAD_FILE, ...names, LOG_FILE]) await rename(join(staging, name), join(directory, name));
  await syncDirectory(directory);
}
