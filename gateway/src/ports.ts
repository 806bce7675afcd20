/**
 * What the rooms of the gateway ask of each other and of the composition root: injection tokens and the ports behind them.
 *
 * Each context folder (`pipeline-definition`, `execution`, `approval`, `artifact`, `access`, `platform`) exports from its index
 * `providers: readonly Provider[]` (its resolvers) and, where it folds views, `projections: readonly Projection[]`; its part of the
 * schema is the `*.graphql` files of that folder (what belongs to none is in `schema/`).
 *
 * Who answers which root fields: `access` the tokens and `viewer`; `platform` `platform`, `events`, rebuilding and parked messages; the
 * other contexts their own.
 */
import type { Actor, Role } from '@millrace/decider';
import type { LogId } from '@millrace/action-logs';
import type { Category } from '@millrace/contracts';
import type { Position, RecordedEvent } from '@millrace/event-store';
import type { Document } from '@millrace/read-models';

/** `EventStore` of @millrace/event-store. */
export const EVENT_STORE = Symbol('EventStore');
/** `Views` of @millrace/read-models. */
export const READ_MODELS = Symbol('Views');
/** `Projector` of @millrace/read-models: status and rebuild. To wait for a position use {@link VISIBILITY}. */
export const PROJECTOR = Symbol('Projector');
/** `Commands` of @millrace/messaging. */
export const COMMANDS = Symbol('Commands');
/** `Messages` of @millrace/messaging: consumers and parked messages, for the platform's status. */
export const MESSAGES = Symbol('Messages');
/** `RunnerJobs` of @millrace/contracts/runner. */
export const RUNNER_JOBS = Symbol('RunnerJobs');
/** `ObjectStore` of @millrace/object-store. */
export const OBJECT_STORE = Symbol('ObjectStore');
/** `ActionLogs` of @millrace/action-logs. */
export const ACTION_LOGS = Symbol('ActionLogs');
/** `Clock` of @millrace/runtime. */
export const CLOCK = Symbol('Clock');
/** `Ids` of @millrace/runtime. */
export const IDS = Symbol('Ids');
/** {@link LiveFeed}. */
export const LIVE_FEED = Symbol('LiveFeed');
/** {@link Visibility}. */
export const VISIBILITY = Symbol('Visibility');
/** `Principals` of access/principals.ts. */
export const PRINCIPALS = Symbol('Principals');
/** {@link Logger}. */
export const LOGGER = Symbol('Logger');
/** `GatewayConfig` of config.ts. */
export const CONFIG = Symbol('GatewayConfig');

/** A constant sentence plus fields; pino's shape. */
export interface Logger {
  debug(fields: object, sentence: string): void;
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
}

/** Who asks. Every request has one; what it may do stands in `access/operations.ts`. */
export interface Viewer {
  /** `local` where authentication is off. */
  readonly tokenId: string;
  /** For people; the token's name. */
  readonly name: string;
  readonly role: Role;
  /** What goes into commands and events. */
  readonly actor: Actor;
  /** ISO 8601; at this instant the token is void, and its sockets are closed. */
  readonly expiresAt?: string;
  /** The tenant: every stream, document and path that the viewer reaches begins with it. */
  readonly project: string;
}

/**
 * What resolvers get as GraphQL context, over HTTP and socket alike: `@Context('viewer') viewer: Viewer`.
 * A subscription is executed once for all who send the same document and variables with the same role and project, so what it answers
 * may depend on the viewer's role and project, not on who it is.
 */
export interface RequestContext {
  readonly viewer: Viewer;
  /** Of the request; goes into envelopes, log lines and error answers. */
  readonly correlationId: string;
  readonly traceparent?: string;
}

/** One document that has changed. */
export interface DocumentChange<D extends Document = Document> {
  readonly collection: string;
  readonly id: string;
  /** Of the last event folded into it; of the removing event, where it is gone. */
  readonly position: Position;
  /** Undefined: it is not there (any more). */
  readonly document: D | undefined;
}

export interface DocumentSelection {
  readonly collection: string;
  /** These documents: the present state of each comes first, then every newer one. */
  readonly ids?: readonly string[];
  /** Without `ids`: every document whose id begins so (a project, e.g. `default/`), as it changes. */
  readonly idPrefix?: string;
}

export interface EventFilter {
  readonly project: string;
  readonly categories?: readonly Category[];
  /** e.g. `ActionFinished`; default all. */
  readonly types?: readonly string[];
  readonly pipelineId?: string;
}

export interface LiveEvent {
  /** Give it back as `after` to go on behind this event. */
  readonly cursor: string;
  readonly event: RecordedEvent;
}

/** A part of an action's log, cut at the end of a UTF-8 character. */
export interface LogPart {
  /** Byte offset of the first character. */
  readonly offset: number;
  /** Where to go on: the next part's offset. */
  readonly nextOffset: number;
  readonly text: string;
}

/**
 * What is pulled by a subscriber. `return()` ends the source at once, also while `next()` waits (an async generator would not).
 */
export interface LiveIterator<T> extends AsyncIterableIterator<T, undefined> {
  return(): Promise<IteratorResult<T, undefined>>;
}

/** Pushes what the log tells (docs/decisions/0014). */
export interface LiveFeed {
  /**
   * Documents as they change, each read after the views have reached its event. Coalesced: a slow subscriber gets the latest state of
   * each document and nothing in between.
   */
  watch<D extends Document = Document>(selection: DocumentSelection): LiveIterator<DocumentChange<D>>;

  /**
   * Backlog, then live; no gap, no duplicate; pulled, so a slow subscriber costs nothing.
   *
   * @param after - a cursor; `undefined`: only what comes from now on; `null`: from the first event.
   * @throws PublicError `CURSOR_FROM_ANOTHER_LOG` or `BAD_USER_INPUT` when the cursor is not ours.
   */
  events(after: string | null | undefined, filter: EventFilter): LiveIterator<LiveEvent>;

  /** Parts of a log from a byte offset on, until the log is closed. */
  log(log: LogId, offset: number): LiveIterator<LogPart>;
}

/** Read your writes (docs/decisions/0013), and positions as they leave the house (docs/decisions/0009). */
export interface Visibility {
  /** True when every view has passed the position; false after `timeoutMs` (default 2,000). True at once for undefined (nothing changed). */
  awaitVisible(position: Position | undefined, timeoutMs?: number): Promise<boolean>;

  /**
   * For queries with `minPosition`: waits until the views have passed the cursor; does nothing for null and undefined.
   *
   * @throws PublicError `CURSOR_FROM_ANOTHER_LOG`, `BAD_USER_INPUT`, or `NOT_YET_VISIBLE` after 2 s.
   */
  awaitCursor(cursor: string | null | undefined): Promise<void>;

  /** `<logId>.<position>`. */
  cursorOf(position: Position): string;

  /**
   * @throws PublicError `CURSOR_FROM_ANOTHER_LOG` or `BAD_USER_INPUT`.
   */
  positionOf(cursor: string): Position;
}
