import { NAMESPACES, uuidV5, type Actor, type Command, type Decider, type Refused } from '@millrace/decider';
import type { EventTypes, Fact, JsonObject, StreamName } from '@millrace/contracts';
import { isOperational, OperationalError, systemTimers, type Clock, type Timers } from '@millrace/runtime';
import {
  isStreamConflict,
  type Appended,
  type EventStore,
  type Head,
  type NewEvent,
  type Position,
} from './event-store.js';
import { Lanes } from './lanes.js';
import type { Snapshots } from './snapshots.js';
import { StreamStates } from './stream-states.js';

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
  /** For the pauses between repeats of an append whose outcome is unknown; default: the system's. */
  readonly timers?: Timers;
  /** Named places where a test can end the process; see @millrace/runtime. */
  readonly fault?: (point: 'before-append' | 'after-append' | 'before-answer') => void;
}

export type CommandHandler<C extends Command, E, R extends string> = (
  command: Pick<C, 'type' | 'data'>,
  context: CommandContext,
) => Promise<CommandAnswer<E, R>>;

/** Decisions about one command before it is given up as contended (style, section 3). */
const DECISIONS_MAX = 3;
/** Pauses before an append whose outcome is unknown is repeated, unchanged. */
const REPEAT_AFTER_MS = [20, 100, 500, 1_000, 2_000];

/**
 * Load, decide, append, and again when the stream has moved on (three times at most). The only place where this is written.
 *
 * Commands to one stream are handled one after the other, so that those of one process never conflict with each other.
 * The handler throws an OperationalError: `CONTENDED` (retryable) when other processes were faster three times, `UNKNOWN_EVENT`
 * (not retryable) when the stream holds what this release can't read, and what the store throws.
 */
export function commandHandler<C extends Command, S, E extends Fact, R extends string>(
  options: CommandHandlerOptions<C, S, E, R>,
): CommandHandler<C, E, R> {
  const states = new StreamStates(options);
  const lanes = new Lanes<StreamName>();
  const handling = new Handling(options, states);
  return (command, context) => lanes.run(context.stream, () => handling.handle(command, context));
}

class Handling<C extends Command, S, E extends Fact, R extends string> {
  private readonly timers: Timers;

  constructor(
    private readonly options: CommandHandlerOptions<C, S, E, R>,
    private readonly states: StreamStates<S, E>,
  ) {
    this.timers = options.timers ?? systemTimers;
  }

  async handle(command: Pick<C, 'type' | 'data'>, context: CommandContext): Promise<CommandAnswer<E, R>> {
    const { stream, commandId } = context;
    let current = this.states.cached(stream) ?? (await this.states.load(stream));
    for (let decisions = 0; decisions < DECISIONS_MAX; decisions += 1) {
      const known = current.commands.get(commandId);
      if (known !== undefined) {
        const events = await this.states.eventsOf(stream, commandId, known.revision);
        return { accepted: true, events, position: known.position };
      }
      const at = this.options.clock.now();
      const decision = this.options.decider.decide({ ...command, at, by: context.actor } as C, current.state);
      if (!decision.accepted || decision.events.length === 0) {
        // Nothing is appended, so nothing else would notice that another process has moved the stream on.
        const newest = await this.states.catchUp(stream, current);
        if (newest.head.revision === current.head.revision)
          return decision.accepted ? { ...decision, position: undefined } : decision;
        current = newest;
        continue;
      }
      const appended = await this.append(stream, current.head, this.toNewEvents(decision.events, context, at));
      if (appended !== undefined) {
        this.states.advance(stream, current, { ...appended, events: decision.events, commandId });
        this.options.fault?.('before-answer');
        return { accepted: true, events: decision.events, position: appended.position };
      }
      current = await this.states.catchUp(stream, current);
    }
    throw new OperationalError(`Stream ${stream} changed ${DECISIONS_MAX} times while the command was decided.`, {
      retryable: true,
      code: 'CONTENDED',
    });
  }

  /** Undefined when the stream has moved on. */
  private async append(stream: StreamName, head: Head, events: readonly NewEvent[]): Promise<Appended | undefined> {
    this.options.fault?.('before-append');
    try {
      const appended = await this.appendUntilKnown(stream, head, events);
      this.options.fault?.('after-append');
      return appended;
    } catch (error) {
      if (isStreamConflict(error)) return undefined;
      // Whether it is in the stream or not is read anew by the next command.
      this.states.forget(stream);
      throw error;
    }
  }

  /**
   * The store absorbs a repeat of the same ids at the same revision, so a lost answer is asked for again. Once one was lost, a later
   * failure does not mean that nothing has happened: a store that can't be reached has not seen the repeat, but maybe the first.
   */
  private async appendUntilKnown(stream: StreamName, head: Head, events: readonly NewEvent[]): Promise<Appended> {
    let isUnknown = false;
    for (const pauseMs of [...REPEAT_AFTER_MS, undefined]) {
      try {
        return await this.options.store.append(stream, head, events);
      } catch (error) {
        if (!isOperational(error)) throw error;
        isUnknown ||= error.mayHaveHappened;
        if (!isUnknown || !error.retryable || pauseMs === undefined) throw isUnknown ? asUnknown(error) : error;
        await new Promise<void>((resolve) => this.timers.after(pauseMs, resolve));
      }
    }
    throw new Error('The last attempt answers or throws.');
  }

  private toNewEvents(events: readonly E[], context: CommandContext, time: string): readonly NewEvent[] {
    const { commandId, project, actor, correlationId, causationId, pipelineId, executionId, traceparent } = context;
    const { versions } = this.options.types;
    // The same of all of them, so that it is put together once.
    const shared = {
      time,
      project,
      ...(pipelineId === undefined ? {} : { pipelineId }),
      ...(executionId === undefined ? {} : { executionId }),
      commandId,
      actor,
      correlationId,
      ...(causationId === undefined ? {} : { causationId }),
      ...(traceparent === undefined ? {} : { traceparent }),
    };
    return events.map(({ type, data }, index) => ({
      type,
      version: versions[type as E['type']],
      data: data as JsonObject,
      metadata: { id: uuidV5(NAMESPACES.event, commandId, index), ...shared },
    }));
  }
}

function asUnknown(error: OperationalError): OperationalError {
  if (error.mayHaveHappened) return error;
  const { message, retryable, code } = error;
  return new OperationalError(message, { retryable, code, mayHaveHappened: true, cause: error });
}
