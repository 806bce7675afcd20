import type { Actor, Command, Decider, Refused } from '@millrace/decider';
import type { EventTypes, Fact, StreamName } from '@millrace/contracts';
import type { Clock } from '@millrace/runtime';
import type { EventStore, Position } from './event-store.js';
import type { Snapshots } from './snapshots.js';

/** What travels with a command. */
export interface Envelope {
  /** Makes repeating safe: a known id is answered with the first result (docs/decisions/0004). */
  readonly commandId: string;
  readonly project: string;
  /** Which pipeline's creation it is about; a policy takes it from its event. Recorded in every event's metadata. */
  readonly pipelineId?: string;
  /** Which execution it is about; a policy takes it from its event. Recorded in every event's metadata. */
  readonly executionId?: string;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly traceparent?: string;
}

export interface CommandContext extends Envelope {
  readonly stream: StreamName;
}

/** The answer of a command that reached its decider. */
export type CommandAnswer<E, R extends string = string> =
  | {
      readonly accepted: true;
      /** The facts of the first time, also when the command is repeated. */
      readonly events: readonly E[];
      /** Of the last of them; undefined when nothing changed. */
      readonly position: Position | undefined;
    }
  | Refused<R>;

export interface CommandHandlerOptions<C extends Command, S, E extends Fact, R extends string> {
  readonly store: EventStore;
  readonly decider: Decider<C, S, E, R>;
  readonly types: EventTypes<E['type']>;
  readonly clock: Clock;
  /** Command ids that a stream's state remembers; default: all. 10,000 for the streams that never end. */
  readonly commandIdsMax?: number;
  /** Given for the streams that never end; a snapshot every 500 events. */
  readonly snapshots?: Snapshots;
  /** States kept in memory, least recently used first out; default 5,000 streams. */
  readonly cachedStreamsMax?: number;
  /** Named places where a test can end the process; see @millrace/runtime. */
  readonly fault?: (point: 'before-append' | 'after-append' | 'before-answer') => void;
}

export type CommandHandler<C extends Command, E, R extends string> = (
  command: Pick<C, 'type' | 'data'>,
  context: CommandContext,
) => Promise<CommandAnswer<E, R>>;

/** Load, decide, append, and again when the stream has moved on (three times at most). The only place where this is written. */
export function commandHandler<C extends Command, S, E extends Fact, R extends string>(
  _options: CommandHandlerOptions<C, S, E, R>,
): CommandHandler<C, E, R> {
  throw new Error('Written by the room of the event store.');
}
