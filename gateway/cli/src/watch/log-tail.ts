import { LineCutter } from '../output/terminal-text.js';
import { LOG, LOG_APPENDED, type LogVariables } from '../platform/executions.js';
import type { Platform } from '../platform/platform.js';
import type { LogChunk } from '../platform/values.js';

/** What one page of a log holds at most: the platform's limit. */
const PAGE_BYTES = 262_144;

export interface LogPlace {
  readonly executionId: string;
  readonly actionExecutionId: string;
}

export interface TailOptions {
  /** The first byte. Default 0. */
  readonly offset?: number;
  /** Whether to go on with what is written, until the log is closed. */
  readonly follow: boolean;
  /** Aborted when nothing more will be written: what is there is read to its end, and no more is waited for. */
  readonly over?: AbortSignal;
  readonly signal?: AbortSignal;
}

/**
 * An action's output from an offset on: what is there by pages, so that a slow reader holds nothing up, then, if wanted, what is
 * written. Goes on behind the last byte after a lost connection. Of an action execution that there is not, nothing.
 */
export async function* logChunks(
  platform: Platform,
  place: LogPlace,
  options: TailOptions,
): AsyncGenerator<LogChunk, void, undefined> {
  const reached = { offset: options.offset ?? 0, end: false };
  yield* written(platform, place, reached, options.signal);
  if (!options.follow || reached.end) return;
  const variables = (): LogVariables => ({ ...place, offset: reached.offset });
  const until = AbortSignal.any([options.over, options.signal].filter((signal) => signal !== undefined));
  for await (const event of platform.follow(LOG_APPENDED, variables, until)) {
    if (event.kind === 'reconnected') continue;
    const chunk = event.data.logAppended;
    reached.offset = chunk.nextOffset;
    yield chunk;
    if (chunk.end) return;
  }
  yield* written(platform, place, reached, options.signal);
}

/** What is there. */

async function* written(
  platform: Platform,
  place: LogPlace,
  reached: { offset: number; end: boolean },
  signal: AbortSignal | undefined,
): AsyncGenerator<LogChunk, void, undefined> {
  while (signal?.aborted !== true) {
    const { log } = await platform.query(LOG, { ...place, offset: reached.offset, limit: PAGE_BYTES });
    if (log === null) return;
    const moved = log.nextOffset > reached.offset;
    reached.offset = log.nextOffset;
    reached.end = log.end;
    if (moved || log.end) yield log;
    if (!moved || log.end) return;
  }
}

/** The same, line by line. */
export async function* logLines(...given: Parameters<typeof logChunks>): AsyncGenerator<string, void, undefined> {
  const cutter = new LineCutter();
  for await (const { text } of logChunks(...given)) yield* cutter.push(text);
  yield* cutter.end();
}
