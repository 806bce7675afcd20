import type { RecordedEvent } from '@millrace/event-store';
import { isOperational } from '@millrace/runtime';
import type { Message, MessageHandler } from './messages.js';

/** Failures of a message itself after which it is parked. */
export const ATTEMPTS_MAX = 5;
/** Keys of a consumer that are handled at the same time, unless it says otherwise. */
export const CONCURRENCY_MAX = 64;
/** Messages that are read but not done: beyond it a consumer stops reading until some are. */
export const UNDONE_MAX = 2_000;
export const WAITS_BEHIND = 'Waits behind an earlier message of its key.';

/** Pauses before the second, third, … attempt; the last one for all that follow. */
const RETRY_AFTER_MS = [50, 200, 700, 2_000] as const;

export interface Failure {
  readonly cause: string;
  /** Not the message's fault: tried until it goes. */
  readonly isOfTheWorld: boolean;
}

/** One attempt. A handler that throws before it returns a promise is a failure like any other. */
export async function attempt(handler: MessageHandler, message: Message): Promise<Failure | undefined> {
  try {
    await handler(message);
    return undefined;
  } catch (error) {
    return { cause: causeOf(error), isOfTheWorld: isOperational(error) && (error.retryable || error.mayHaveHappened) };
  }
}

export function retryAfterMs(attempts: number): number {
  return RETRY_AFTER_MS[Math.min(attempts, RETRY_AFTER_MS.length) - 1] ?? 2_000;
}

/** project + pipelineId; what belongs to no pipeline is in order by its stream. */
export function keyOf({ metadata, stream }: RecordedEvent): string {
  return `${metadata.project}/${metadata.pipelineId ?? stream}`;
}

function causeOf(error: unknown): string {
  const text = Error.isError(error) ? error.message : String(error);
  return text.length > 2_000 ? `${text.slice(0, 2_000)}…` : text;
}
