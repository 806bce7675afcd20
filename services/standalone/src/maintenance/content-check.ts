import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { opendir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { StreamName } from '@millrace/contracts';
import type { LogReader } from '@millrace/event-store';
import { closedLogPaths, objectPath, OBJECTS } from './data-directory.js';
import { knownEvent } from '@millrace/contracts/known-event';
import type { Findings } from './findings.js';
import { Holdings, type HeldArtifact, type HeldLog } from './holdings.js';
import { breathe, type Work } from './progress.js';

export interface ContentOptions {
  readonly directory: string;
  readonly reader: LogReader;
  readonly holdings: Holdings;
  readonly findings: Findings;
}

interface Expected {
  /** Of the artifact or log that the bytes belong to. */
  readonly stream: string;
  /** For people. */
  readonly what: string;
  readonly sha256: string;
  readonly bytes: number;
}

const RESTORE_ADVICE = (file: string): string => `Bring ${file} back from a backup.`;

/**
 * Whether the output of each action that has ended is there, byte for byte.
 *
 * @returns how many logs were read.
 */
export async function checkLogs(options: ContentOptions, work: Work): Promise<number> {
  const { logs } = options.holdings;
  for (const [at, log] of logs.entries()) {
    await checkLog(options, log, work);
    work.onProgress({ step: 'logs', done: at + 1, of: logs.length });
    await breathe(work);
  }
  return logs.length;
}

/**
 * Whether each artifact that has not expired is there, byte for byte. Several may consist of the same bytes, which are read once.
 *
 * @returns how many artifacts were looked at.
 */
export async function checkArtifacts(options: ContentOptions, work: Work): Promise<number> {
  const { artifacts } = options.holdings;
  const read = new Set<string>();
  for (const [at, artifact] of artifacts.entries()) {
    const file = objectPath(artifact.project, artifact.sha256);
    if (file === undefined || !read.has(file)) await checkArtifact(options, artifact, work);
    if (file !== undefined) read.add(file);
    work.onProgress({ step: 'artifacts', done: at + 1, of: artifacts.length });
    await breathe(work);
  }
  return artifacts.length;
}

async function checkLog(options: ContentOptions, log: HeldLog, work: Work): Promise<void> {
  const { stream, sha256, bytes, executionId, actionExecutionId } = log;
  const paths = closedLogPaths(log.project, executionId, actionExecutionId);
  const what = `the log of action ${actionExecutionId} in execution ${executionId}`;
  if (paths === undefined) return unnameable(options, stream, what);
  const expected: Expected = { stream, what, sha256, bytes };
  const problem = await contentProblem(join(options.directory, paths.log), expected, work);
  if (problem !== undefined) await report(options, { code: 'ACTION_LOG', file: paths.log, problem, expected });
  else if (!(await isClosed(join(options.directory, paths.closed), expected)))
    await report(options, {
      code: 'ACTION_LOG',
      file: paths.closed,
      problem: { isAbsent: false, sentence: 'does not say that the log is closed with these bytes' },
      expected,
    });
}

async function checkArtifact(options: ContentOptions, artifact: HeldArtifact, work: Work): Promise<void> {
  const { stream, sha256, bytes, name, executionId } = artifact;
  const what = `the artifact ${name} of execution ${executionId}`;
  const file = objectPath(artifact.project, sha256);
  if (file === undefined) return unnameable(options, stream, what);
  const expected: Expected = { stream, what, sha256, bytes };
  const problem = await contentProblem(join(options.directory, file), expected, work);
  if (problem !== undefined) await report(options, { code: 'ARTIFACT', file, problem, expected });
}

interface Problem {
  readonly isAbsent: boolean;
  /** Goes on after "<file> ". */
  readonly sentence: string;
}

interface Broken {
  readonly code: 'ACTION_LOG' | 'ARTIFACT';
  readonly file: string;
  readonly problem: Problem;
  readonly expected: Expected;
}

/** What has expired since the log was read is gone with good reason. */
async function report({ reader, findings }: ContentOptions, { code, file, problem, expected }: Broken): Promise<void> {
  const { stream, what, sha256, bytes } = expected;
  if (!(await isHeld(reader, stream as StreamName))) return;
  findings.add(
    problem.isAbsent ? `${code}_MISSING` : `${code}_DAMAGED`,
    file,
    `It should hold ${what} (${stream}): ${bytes} bytes with SHA-256 ${sha256}, but it ${problem.sentence}. ${RESTORE_ADVICE(file)}`,
  );
}

async function isHeld(reader: LogReader, stream: StreamName): Promise<boolean> {
  const holdings = new Holdings();
  try {
    const { events } = await reader.readStream(stream);
    for (const event of events) holdings.add(knownEvent(event), { project: event.metadata.project, stream });
    return holdings.holds(stream);
  } catch {
    // The log is damaged at this very place, which was named: nobody can say that it has expired.
    return true;
  }
}

function unnameable({ findings }: ContentOptions, stream: string, what: string): void {
  findings.add('EVENT_UNKNOWN', stream, `It names ${what} in a way that no file can be called.`);
}

async function contentProblem(path: string, { sha256, bytes }: Expected, work: Work): Promise<Problem | undefined> {
  const found = await stat(path).catch(absent);
  if (found === undefined) return { isAbsent: true, sentence: 'is not there' };
  if (found.size !== bytes) return { isAbsent: false, sentence: `has ${found.size} bytes` };
  try {
    const digest = await digestOf(path, work);
    return digest === sha256 ? undefined : { isAbsent: false, sentence: `has SHA-256 ${digest}` };
  } catch (error) {
    work.signal.throwIfAborted();
    return { isAbsent: absentCode(error), sentence: `can't be read: ${Error.isError(error) ? error.message : error}` };
  }
}

async function digestOf(path: string, { signal }: Work): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { signal, highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function isClosed(path: string, { sha256, bytes }: Expected): Promise<boolean> {
  try {
    const closed = JSON.parse(await readFile(path, 'utf8')) as { sha256?: unknown; bytes?: unknown };
    return closed.sha256 === sha256 && closed.bytes === bytes;
  } catch {
    return false;
  }
}

/**
 * Objects that no artifact of the log consists of: an upload whose fact was never recorded, or a removal that broke off. They break
 * no promise and take room.
 *
 * @param sinceMs - younger ones may belong to an upload that is under way; epoch milliseconds.
 */
export async function findUnnamedObjects(
  { directory, holdings }: ContentOptions,
  remarks: Findings,
  sinceMs: number,
  work: Work,
): Promise<void> {
  const named = new Set(holdings.artifacts.map(({ project, sha256 }) => objectPath(project, sha256)));
  for await (const file of filesBelow(join(directory, OBJECTS))) {
    await breathe(work);
    const path = relative(directory, file);
    if (named.has(path)) continue;
    const found = await stat(file).catch(absent);
    if (found === undefined || found.mtimeMs >= sinceMs) continue;
    remarks.add(
      'OBJECT_UNNAMED',
      path.split(sep).join('/'),
      `No artifact consists of it; it takes ${found.size} bytes.`,
    );
  }
}

async function* filesBelow(directory: string): AsyncGenerator<string> {
  const entries = await opendir(directory, { recursive: true }).catch(absent);
  if (entries === undefined) return;
  for await (const entry of entries) if (entry.isFile()) yield join(entry.parentPath, entry.name);
}

function absent(error: unknown): undefined {
  if (!absentCode(error)) throw error;
  return undefined;
}

function absentCode(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ENOENT';
}
