import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogReader, Position } from '@millrace/event-store';
import { createProjector, type Projection, type ProjectionStatus } from '@millrace/read-models';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import { isOperational } from '@millrace/runtime';
import { BoundedLog } from './bounded-log.js';
import { VIEWS_FILE } from './data-directory.js';
import type { Findings } from './findings.js';
import { breathe, type Work } from './progress.js';
import { copyDatabase, integrityFaults, isUnreadableFile } from './sqlite-copy.js';
import { compareView, EVERYTHING } from './view-comparison.js';

export interface ViewsOptions {
  readonly directory: string;
  readonly reader: LogReader;
  readonly projections: readonly Projection[];
  readonly findings: Findings;
  readonly remarks: Findings;
}

const FAULTS_MAX = 10;
const LOOK_EVERY_MS = 200;

/**
 * Whether each view is what a fold of the log makes of it. The views are copied as of one instant, and the log is folded into a second
 * set of them up to the positions that the copy has seen, so that a platform that goes on meanwhile disturbs nothing and is not
 * disturbed. Both sets lie in a directory of their own below the system's one for temporary files (TMPDIR), which goes away at the end.
 *
 * @returns how many documents were compared.
 */
export async function checkViews(options: ViewsOptions, work: Work): Promise<number> {
  const { directory, remarks, findings } = options;
  if (!existsSync(join(directory, VIEWS_FILE))) {
    remarks.add('VIEWS_ABSENT', VIEWS_FILE, 'There are no views; the next start folds them from the log.');
    return 0;
  }
  const head = (await options.reader.head()).position;
  const temporary = await mkdtemp(join(tmpdir(), 'millrace-verify-'));
  try {
    const [copy, fresh] = [join(temporary, 'served'), join(temporary, 'folded')];
    await mkdir(copy);
    await copyDatabase(join(directory, VIEWS_FILE), join(copy, VIEWS_FILE));
    const faults = integrityFaults(join(copy, VIEWS_FILE), FAULTS_MAX);
    for (const fault of faults) damaged(findings, fault);
    return faults.length > 0 ? 0 : await compareViews({ ...options, head }, { copy, fresh }, work);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    damaged(findings, error.message);
    return 0;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function compareViews(
  options: ViewsOptions & { readonly head: Position },
  { copy, fresh }: { readonly copy: string; readonly fresh: string },
  work: Work,
): Promise<number> {
  const { findings } = options;
  const { logId } = options.reader;
  const seen = seenPositions(options, copy);
  let setAside: string | undefined;
  const served = await SqliteReadModels.open({ directory: copy, logId, onSetAside: (message) => (setAside = message) });
  const folded = await SqliteReadModels.open({ directory: fresh, logId });
  try {
    if (setAside !== undefined) {
      damaged(findings, setAside);
      return 0;
    }
    let documents = 0;
    for (const [position, views] of Map.groupBy(seen, (view) => view.position))
      documents += await compareGroup({ ...options, served, folded, views, position }, work);
    return documents;
  } finally {
    await folded.close();
    await served.close();
  }
}

interface Group extends ViewsOptions {
  readonly served: SqliteReadModels;
  readonly folded: SqliteReadModels;
  readonly views: readonly SeenView[];
  /** That all of these views have seen. */
  readonly position: Position;
}

async function compareGroup({ views, served, folded, ...group }: Group, work: Work): Promise<number> {
  const { reader, position, findings } = group;
  const projections = views.map(({ projection }) => withEverything(projection));
  const stopped = await foldUpTo({ reader, folded, projections, position }, work);
  let documents = 0;
  for (const projection of projections)
    if (!isStopped(projection, stopped, findings))
      documents += await compareView({ projection, served, folded, position, findings }, work);
  return documents;
}

interface SeenView {
  readonly projection: Projection;
  readonly position: Position;
}

/** The views of the copy that the log can still be folded up to. One that is further was named with the log's missing tail. */
function seenPositions(
  { projections, reader, remarks, head }: ViewsOptions & { readonly head: Position },
  copy: string,
): readonly SeenView[] {
  const known = new Map(projections.map((projection) => [`the view ${projection.name}`, projection]));
  return SqliteReadModels.witnesses(copy).flatMap(({ name, position, logId }) => {
    const projection = known.get(name);
    if (projection === undefined)
      remarks.add('VIEW_UNKNOWN', name, 'It belongs to no projection of this release and is not compared.');
    if (projection === undefined || (logId !== undefined && logId !== reader.logId)) return [];
    return position > head ? [] : [{ projection, position }];
  });
}

interface Fold {
  readonly reader: LogReader;
  readonly folded: SqliteReadModels;
  readonly projections: readonly Projection[];
  readonly position: Position;
}

/** @returns the projections that met what they could not fold. */
async function foldUpTo(
  { reader, folded, projections, position }: Fold,
  work: Work,
): Promise<readonly ProjectionStatus[]> {
  const projector = createProjector({ store: new BoundedLog(reader, position), readModels: folded, projections });
  await projector.start();
  try {
    const isOver = (): boolean => projector.status().every(({ stoppedBy }) => stoppedBy !== undefined);
    while (!(await projector.reached(position, LOOK_EVERY_MS)) && !isOver()) {
      work.onProgress({ step: 'views folded', done: Number(projector.checkpoint()), of: Number(position) });
      await breathe(work);
    }
    return projector.status().filter(({ stoppedBy }) => stoppedBy !== undefined);
  } finally {
    await projector.stop();
  }
}

function isStopped({ name }: Projection, stopped: readonly ProjectionStatus[], findings: Findings): boolean {
  const stop = stopped.find((status) => status.name === name)?.stoppedBy;
  if (stop !== undefined)
    findings.add(
      'VIEW_UNVERIFIABLE',
      `view ${name}`,
      `The view holds more than the log can be folded to: at position ${stop.position} there is ${stop.cause}. Mend the log first.`,
    );
  return stop !== undefined;
}

/** With an index over all documents, to walk along, beside those that are declared. */
function withEverything(projection: Projection): Projection {
  const { collection } = projection;
  return { ...projection, collection: { ...collection, indexes: [...collection.indexes, EVERYTHING] } };
}

function damaged(findings: Findings, fault: string): void {
  findings.add(
    'VIEWS_DAMAGED',
    VIEWS_FILE,
    `The file can't be trusted: ${fault} Stop the platform, remove ${VIEWS_FILE} and its -wal and -shm, and start it: it folds all views anew.`,
  );
}

function isDamaged(error: unknown): error is Error {
  return isUnreadableFile(error) || (isOperational(error) && error.code === 'READ_MODELS_DAMAGED');
}
