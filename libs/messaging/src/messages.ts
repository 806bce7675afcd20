import type { Category } from '@millrace/contracts';
import type { Position, RecordedEvent } from '@millrace/event-store';

export interface Message {
  readonly event: RecordedEvent;
  /** project + pipelineId (project + stream for what belongs to no pipeline): messages of one key are handled in order, one at a time. */
  readonly key: string;
}

/** Must be safe to repeat. Resolves when the effect is done; only then does the consumer's position pass the message. */
export type MessageHandler = (message: Message) => Promise<void>;

export interface ConsumerOptions {
  /** Versioned, never reused; keys the position, e.g. `execution.stage-entry.v1`. */
  readonly name: string;
  readonly categories: readonly Category[];
  /** Only these event types reach the handler; default: all of the categories. */
  readonly eventTypes?: readonly string[];
  /** Keys handled at the same time; default 64. */
  readonly concurrencyMax?: number;
}

/** A message that failed `attemptsMax` times. Its key waits behind it; other keys move on (design, section 9). */
export interface ParkedMessage {
  readonly id: string;
  readonly consumer: string;
  readonly key: string;
  readonly position: Position;
  readonly eventId: string;
  readonly eventType: string;
  /** The error's message, for people. */
  readonly cause: string;
  readonly attempts: number;
  /** ISO 8601. */
  readonly parkedAt: string;
}

export interface ConsumerStatus {
  readonly name: string;
  /** Everything up to here has been handled or parked. */
  readonly position: Position;
  readonly lag: number;
  readonly parked: number;
}

export interface Subscription {
  /** Resolves when everything up to the position has been handled or parked. */
  reached(position: Position): Promise<void>;
  /** Lets running handlers end, stores the position, stops. */
  stop(): Promise<void>;
}

/**
 * At least once, ordered per key, keys in parallel. A handler may repeat: after a crash, or when its position could not be stored.
 * A message that fails is tried again with back-off, five times in all, then parked with its cause, and so is what follows on its key.
 * An OperationalError that is retryable or may have happened is no fault of the message (a full disk, an engine that is away): it is tried
 * until it goes, with its key waiting and the consumer's lag growing.
 */
export interface Messages {
  subscribe(options: ConsumerOptions, handler: MessageHandler): Promise<Subscription>;
  consumers(): Promise<readonly ConsumerStatus[]>;
  parked(): Promise<readonly ParkedMessage[]>;
  /**
   * Handles the parked messages of that message's key again, in order; resolves when that is over. What fails again stays parked.
   *
   * @throws OperationalError `NOT_PARKED` when there is no such message, `NO_CONSUMER` when its consumer does not run here.
   */
  retry(id: string): Promise<void>;
  /** Gives up that one message; what follows on its key is handled. Throws as `retry` does. */
  drop(id: string): Promise<void>;
  close(): Promise<void>;
}
