import { Failure, EXIT, refused, usage } from '../failure.js';
import { EXECUTION, EXECUTIONS } from '../platform/executions.js';
import { nodesOf } from '../platform/pages.js';
import { PIPELINE, type PipelineView } from '../platform/pipelines.js';
import type { Platform } from '../platform/platform.js';
import type { ExecutionRow, ExecutionView } from '../platform/values.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const PREFIX = /^[0-9a-f]{6,8}(-[0-9a-f-]*)?$/;
const ORDINAL = /^(?:(.+))?#(\d{1,9})$/;
/** How far back an execution is looked for by the beginning of its id. */
const LOOKED_THROUGH_MAX = 500;

export function isExecutionId(text: string): boolean {
  return UUID.test(text);
}

/** What people type for an execution: its id, the first characters of it, `#3`, `shop#3`, or a pipeline's name for its latest one. */
export const EXECUTION_REFERENCE =
  "an execution: its id, the beginning of it, <pipeline>#<number>, or a pipeline's name for its latest";

/**
 * @param pipeline - where `#3` and a beginning are looked for; undefined: in all.
 * @throws Failure when there is none, or more than one.
 */
export async function executionIdOf(platform: Platform, text: string, pipeline?: string): Promise<string> {
  if (UUID.test(text)) return text;
  const ordinal = ORDINAL.exec(text);
  if (ordinal !== null) return byOrdinal(platform, ordinal[1] ?? pipeline, Number(ordinal[2]));
  if (PREFIX.test(text)) {
    const found = await byPrefix(platform, text, pipeline);
    if (found !== undefined) return found;
  }
  if (pipeline === undefined || text === 'latest') return latestOf(platform, pipeline ?? text);
  throw notFound(`Pipeline ${pipeline} has no execution "${text}". See \`millrace history ${pipeline}\`.`);
}

async function byOrdinal(platform: Platform, pipeline: string | undefined, ordinal: number): Promise<string> {
  if (pipeline === undefined) throw usage('Say of which pipeline: <pipeline>#<number>.');
  for await (const row of executionsOf(platform, pipeline, Number.POSITIVE_INFINITY)) {
    if (row.ordinal === ordinal) return row.id;
    if (row.ordinal < ordinal) break;
  }
  throw notFound(`Pipeline ${pipeline} has no execution #${ordinal}. See \`millrace history ${pipeline}\`.`);
}

async function byPrefix(platform: Platform, prefix: string, pipeline: string | undefined): Promise<string | undefined> {
  const found: string[] = [];
  for await (const row of executionsOf(platform, pipeline, LOOKED_THROUGH_MAX)) {
    if (row.id.startsWith(prefix)) found.push(row.id);
  }
  if (found.length > 1) throw usage(`"${prefix}" is the beginning of ${found.length} executions: ${found.join(', ')}.`);
  return found[0];
}

async function latestOf(platform: Platform, pipeline: string): Promise<string> {
  const view = await pipelineOf(platform, pipeline);
  if (view.latestExecution === null)
    throw notFound(`Pipeline ${pipeline} has had no execution yet. Start one: \`millrace start ${pipeline}\`.`);
  return view.latestExecution.id;
}

export function executionsOf(
  platform: Platform,
  pipeline: string | undefined,
  limit: number,
  status?: ExecutionRow['status'],
): AsyncGenerator<ExecutionRow, void, undefined> {
  return nodesOf(async (first, after) => {
    const { executions } = await platform.query(EXECUTIONS, { pipeline, status, first, after });
    return executions;
  }, limit);
}

export async function pipelineOf(platform: Platform, name: string): Promise<PipelineView> {
  const { pipeline } = await platform.query(PIPELINE, { name });
  if (pipeline === null)
    throw refused('PIPELINE_NOT_FOUND', `There is no pipeline "${name}". See \`millrace pipeline list\`.`);
  return pipeline;
}

export async function executionOf(platform: Platform, id: string): Promise<ExecutionView> {
  const { execution } = await platform.query(EXECUTION, { id });
  if (execution === null) throw notFound(`There is no execution ${id}. See \`millrace history\`.`);
  return execution;
}

function notFound(message: string): Failure {
  return new Failure(EXIT.refused, 'EXECUTION_NOT_FOUND', message);
}
