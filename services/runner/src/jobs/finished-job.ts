import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OUTPUT_VARIABLES_BYTES_MAX, reportRequest } from '@millrace/contracts/runner';
import type { JobResult } from '@millrace/contracts/runner';
import { z } from 'zod';
import type { Connection } from '../control-plane/connection.js';
import { Refused, isStale } from '../control-plane/control-plane.js';
import type { ControlPlane, JobCredentials } from '../control-plane/control-plane.js';
import { persistently } from '../control-plane/persistently.js';
import type { LogState } from '../logs/buffered-log.js';
import type { Logger } from '../logger.js';

const FILE = 'result.json';

/** A job whose work is over and whose result is still to be reported. It outlives the runner's process. */
export interface FinishedJob {
  readonly job: JobCredentials;
  readonly result: JobResult;
  readonly log?: LogState;
}

const stored = z.object({
  job: z.object({ jobId: z.uuid(), nonce: z.string(), jobToken: z.string() }),
  result: reportRequest.shape.result,
  log: z.object({ base: z.int(), size: z.int() }).optional(),
});

/** Written beside and renamed: a half-written result is never found. */
export async function saveFinished(directory: string, finished: FinishedJob): Promise<void> {
  const path = join(directory, FILE);
  await writeFile(`${path}.new`, JSON.stringify(finished), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Undefined when the job had not ended. */
export async function loadFinished(directory: string): Promise<FinishedJob | undefined> {
  const text = await readFile(join(directory, FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { log, ...rest } = stored.parse(JSON.parse(text));
  return { ...(rest as Pick<FinishedJob, 'job' | 'result'>), ...(log === undefined ? {} : { log }) };
}

export type Delivered = 'recorded' | 'stale' | 'refused';

/** Reports until the control plane has answered. @throws the signal's reason when that is aborted first */
export async function deliver(
  finished: FinishedJob,
  { controlPlane, connection, logger }: { controlPlane: ControlPlane; connection: Connection; logger: Logger },
  signal: AbortSignal,
): Promise<Delivered> {
  const { job, log } = finished;
  const { jobId } = job;
  const report = async (result: JobResult): Promise<void> => {
    const request = { nonce: job.nonce, result, ...(log === undefined ? {} : { logBytes: log.size }) };
    await persistently(connection, signal, () => controlPlane.report(job, request, signal));
  };
  try {
    await report(finished.result);
    return 'recorded';
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    logger.warn({ jobId, status: error.status, code: error.code }, 'A report was refused.');
    if (isStale(error)) return 'stale';
    return await reportRefusal(error, report);
  }
}

/** Whoever waits for the action learns why its result can't be recorded. */
async function reportRefusal(refused: Refused, report: (result: JobResult) => Promise<void>): Promise<Delivered> {
  const message = `The control plane refused the result: ${refused.message}`.slice(0, 5_000);
  try {
    await report({ status: 'failed', code: 'ReportRefused', message });
    return 'refused';
  } catch (error) {
    if (error instanceof Refused) return 'refused';
    throw error;
  }
}

/** A result that the protocol accepts: texts are cut to their limits, and what can't be cut becomes a failure that says so. */
export function reportable(result: JobResult): JobResult {
  const fitted = fitTexts(result);
  const variables = 'outputVariables' in fitted ? (fitted.outputVariables ?? []) : [];
  const bytes = variables.reduce((sum, { name, value }) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
  if (bytes > OUTPUT_VARIABLES_BYTES_MAX) {
    const message = `The output variables have ${bytes} bytes; ${OUTPUT_VARIABLES_BYTES_MAX} are allowed.`;
    return { status: 'failed', code: 'JobFailed', message };
  }
  const checked = reportRequest.shape.result.safeParse(fitted);
  if (checked.success) return fitted;
  const [issue] = checked.error.issues;
  return {
    status: 'failed',
    code: 'JobFailed',
    message: `The result can't be reported: ${issue?.path.join('.')}: ${issue?.message}`,
  };
}

function fitTexts(result: JobResult): JobResult {
  switch (result.status) {
    case 'succeeded':
      return result.summary === undefined ? result : { ...result, summary: cut(result.summary, 2_048) };
    case 'failed': {
      const summary = result.summary === undefined ? {} : { summary: cut(result.summary, 2_048) };
      return { ...result, message: cut(result.message, 5_000), ...summary };
    }
    case 'returned':
      return { ...result, reason: cut(result.reason, 300) };
    case 'cancelled':
    case 'looked':
      return result;
  }
}

/** At most `max` UTF-16 units, never half a character. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
