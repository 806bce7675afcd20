import type { Category, EventMetadata, JsonObject } from '@millrace/contracts';
import { NAMESPACES, uuidV5, type Actor } from '@millrace/decider';
import type { Envelope, EventStore, Position, RecordedEvent } from '@millrace/event-store';
import type { Projection, Views } from '@millrace/read-models';
import { isOperational, type Clock, type Logger, type Timer, type Timers } from '@millrace/runtime';
import type { CommandReply, Commands, CommandTarget } from './commands.js';
import type { DeadlineChange, DeadlineFacts, SetDeadline } from './deadline.js';
import { DeadlineWindow, type ArmedDeadline } from './deadline-window.js';

/** The facts that a deadline takes over from the event that sets it. */
export function deadlineFacts(metadata: EventMetadata): DeadlineFacts {
  return {
    project: metadata.project,
    ...(metadata.pipelineId === undefined ? {} : { pipelineId: metadata.pipelineId }),
    ...(metadata.executionId === undefined ? {} : { executionId: metadata.executionId }),
    correlationId: metadata.correlationId,
    causationId: metadata.id,
  };
}

export interface DeadlineKeeperOptions {
  /** The service, `[a-z][a-z-]*`: names the projection `<name>.deadlines.v1`, the collection `<name>-deadlines` and the actor. */
  readonly name: string;
  readonly store: EventStore;
  /** Holds the projection's collection: a projector that has it was started before. */
  readonly readModels: Views;
  readonly commands: Commands;
  readonly clock: Clock;
  readonly timers: Timers;
  /** The categories that `deadlinesOf` wants to see. */
  readonly categories: readonly Category[];
  /**
   * Pure. What an event sets and clears. It must clear what its owner would refuse from then on; a deadline that is refused
   * without ever being cleared stays in the view and is tried again, in vain, after each start.
   *
   * @throws RangeError when the event is of a newer release: projection and keeper stop there (docs/decisions/0007).
   */
  readonly deadlinesOf: (event: RecordedEvent) => readonly DeadlineChange[];
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Deadlines kept in memory, the nearest ones; up to twice as many for a moment. Default 10,000. */
  readonly windowMax?: number;
  /** Commands under way at the same time. Default 64. */
  readonly concurrencyMax?: number;
}

export interface DeadlineKeeperStatus {
  /** In memory, of those that are open. */
  readonly armed: number;
  /** Everything up to here has been looked at. */
  readonly position: Position;
  /** When the next command goes out. ISO 8601. */
  readonly nextAt?: string;
  /** Set when an event was met that this release doesn't know. */
  readonly stoppedBy?: { readonly position: Position; readonly cause: string };
}

/**
 * Durable deadlines (docs/decisions/0016): they live in the log as the events that set and clear them; the view is rebuildable, memory
 * holds the nearest ones, one timer wakes the keeper up. Each sends its command with the id UUIDv5(deadline id), and the decider compares
 * the due time with the command's, so early, late and double firing are harmless, and so are two keepers at once.
 */
export interface DeadlineKeeper {
  /** To be given to the Projector. */
  readonly projection: Projection;
  /** Loads what is open and follows the log. What came due in the meantime is sent at once. */
  start(): Promise<void>;
  /** Sends nothing more; resolves when what is under way has been answered. */
  stop(): Promise<void>;
  status(): DeadlineKeeperStatus;
}

const PAGE_SIZE = 500;
const WINDOW_MAX = 10_000;
const CONCURRENCY_MAX = 64;
/** After a failed attempt; doubled each time. */
const BACK_OFF_MS = 100;
const BACK_OFF_MS_MAX = 30_000;
/** A decider whose clock is behind ours said that it is too early. */
const EARLY_MS = 1_000;

const INDEX = 'due';

export function deadlineKeeper(options: DeadlineKeeperOptions): DeadlineKeeper {
  return new Keeper(options);
}

/** A command that was sent and not yet answered. */
interface Delivery {
  readonly armed: ArmedDeadline<SetDeadline>;
  /** The log's own word came by before the answer did. */
  cleared: boolean;
  done: Promise<void>;
}

class Keeper implements DeadlineKeeper {
  readonly projection: Projection;
  readonly #options: DeadlineKeeperOptions;
  readonly #actor: Actor;
  readonly #window: DeadlineWindow<SetDeadline>;
  readonly #underWay = new Map<string, Delivery>();
  /** Due times of those that were answered, until the event that clears them comes by: not to be loaded again from a view that lags. */
  readonly #answered = new Map<string, string>();
  readonly #concurrencyMax: number;
  readonly #stopping = new AbortController();
  #following = new AbortController();
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #position: Position = 0n;
  /** The log's head at the last load. Until the mirror has passed it, an open deadline may be one that was cleared since. */
  #trustedFrom: Position | undefined;
  #stoppedBy: DeadlineKeeperStatus['stoppedBy'];

  constructor(options: DeadlineKeeperOptions) {
    this.#options = options;
    this.projection = deadlineProjection(options);
    const id = `${options.name}.deadlines`;
    this.#actor = { kind: 'service', id, name: id, issuer: 'millrace' };
    this.#window = new DeadlineWindow(options.windowMax ?? WINDOW_MAX);
    this.#concurrencyMax = options.concurrencyMax ?? CONCURRENCY_MAX;
  }

  async start(): Promise<void> {
    const loaded = await this.#load();
    this.#running = this.#run(loaded);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#following.abort();
    this.#timer?.cancel();
    await this.#running;
    await Promise.all([...this.#underWay.values()].map(({ done }) => done));
  }

  status(): DeadlineKeeperStatus {
    const nextMs = this.#window.nextWakeAtMs;
    return {
      armed: this.#window.size + this.#underWay.size,
      position: this.#position,
      ...(nextMs === undefined ? {} : { nextAt: new Date(nextMs).toISOString() }),
      ...(this.#stoppedBy === undefined ? {} : { stoppedBy: this.#stoppedBy }),
    };
  }

  /** Follows until the window runs low, loads it again, follows from there. */
  async #run(from: Position): Promise<void> {
    let after = from;
    while (!this.#stopping.signal.aborted) {
      this.#following = new AbortController();
      if (this.#runsLow()) this.#following.abort();
      try {
        await this.#follow(after);
      } catch (error) {
        this.#log(error, {}, 'The log could not be followed for deadlines; tried again');
        await this.#pause(BACK_OFF_MS_MAX);
      }
      if (this.#stopping.signal.aborted || this.#stoppedBy !== undefined) return;
      after = await this.#loadAgain();
    }
  }

  #runsLow(): boolean {
    return this.#window.bounded && this.#window.size <= this.#window.sizeMax / 10;
  }

  /**
   * The checkpoint is read before the documents: no document is behind it, so following from there misses nothing, and what a page has
   * already shown comes by once more, which changes nothing.
   */
  async #load(): Promise<Position> {
    const { readModels, store } = this.#options;
    const checkpoint = await readModels.checkpoint(this.projection.name);
    const head = await store.head();
    this.#window.open();
    let after: string | undefined;
    for (let count = 0; ;) {
      const page = await readModels.page<DeadlineDocument>(this.projection.collection.name, {
        index: INDEX,
        equals: [],
        limit: PAGE_SIZE,
        ...(after === undefined ? {} : { after }),
      });
      for (const { id, document } of page.items) if (this.#set(toDeadline(id, document))) count += 1;
      const last = page.items.at(-1);
      if (last === undefined || !page.hasMore) break;
      after = last.cursor;
      if (count < this.#window.sizeMax) continue;
      this.#window.bound(Date.parse(last.document.dueAt));
      break;
    }
    this.#trustedFrom = head.position;
    this.#position = checkpoint;
    this.#fire();
    return checkpoint;
  }

  async #loadAgain(): Promise<Position> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#load();
      } catch (error) {
        this.#log(error, { attempt }, 'Open deadlines could not be loaded; tried again');
        await this.#pause(backOffMs(attempt));
        if (this.#stopping.signal.aborted) return this.#position;
      }
    }
  }

  async #follow(after: Position): Promise<void> {
    const { store, categories } = this.#options;
    const { signal } = this.#following;
    for await (const batch of store.subscribe({ after, categories, signal })) {
      for (const event of batch.events) if (!this.#mirror(event)) return;
      this.#moveTo(batch.checkpoint);
    }
  }

  /** False when the event is of a newer release. What is known goes on firing, which is harmless; nothing new is learned. */
  #mirror(event: RecordedEvent): boolean {
    try {
      for (const change of this.#options.deadlinesOf(event)) {
        if (isSet(change)) this.#set(change);
        else this.#clear(change.id);
      }
      return true;
    } catch (error) {
      const cause = Error.isError(error) ? error.message : String(error);
      this.#stoppedBy = { position: event.position, cause };
      this.#options.logger.error(
        { keeper: this.#options.name, position: String(event.position), error },
        'Deadlines stopped at an event that they do not know',
      );
      return false;
    }
  }

  /** False when it changed nothing. */
  #set(deadline: SetDeadline): boolean {
    const known = this.#window.get(deadline.id) ?? this.#underWay.get(deadline.id)?.armed;
    if (known?.deadline.dueAt === deadline.dueAt) return false;
    if (this.#answered.get(deadline.id) === deadline.dueAt) return false;
    this.#answered.delete(deadline.id);
    this.#window.put({ deadline, wakeAtMs: Date.parse(deadline.dueAt), attempts: 0 });
    return true;
  }

  #clear(id: string): void {
    const delivery = this.#underWay.get(id);
    if (delivery !== undefined) delivery.cleared = true;
    this.#window.remove(id);
    this.#answered.delete(id);
  }

  #moveTo(position: Position): void {
    if (position > this.#position) this.#position = position;
    this.#fire();
  }

  #fire(): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#trustedFrom === undefined || this.#position < this.#trustedFrom) return;
    const nowMs = this.#options.clock.nowMs();
    while (this.#underWay.size < this.#concurrencyMax) {
      const armed = this.#window.takeDue(nowMs);
      if (armed === undefined) break;
      const delivery: Delivery = { armed, cleared: false, done: Promise.resolve() };
      this.#underWay.set(armed.deadline.id, delivery);
      delivery.done = this.#deliver(delivery);
    }
    this.#arm();
    if (this.#runsLow()) this.#following.abort();
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const wakeAtMs = this.#window.nextWakeAtMs;
    // With all places taken, the next answer wakes us up.
    if (wakeAtMs === undefined || this.#underWay.size >= this.#concurrencyMax) return;
    this.#timer = this.#options.timers.at(wakeAtMs, () => this.#fire());
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { deadline, attempts } = delivery.armed;
    let againAfterMs: number | undefined;
    try {
      againAfterMs = this.#judge(
        deadline,
        await this.#options.commands.send(deadline.command, this.#envelopeOf(deadline)),
      );
    } catch (error) {
      this.#log(error, { deadline: deadline.id, attempts: attempts + 1 }, 'A deadline was not delivered; tried again');
      againAfterMs = backOffMs(attempts + 1);
    }
    this.#underWay.delete(deadline.id);
    if (!delivery.cleared) this.#settle(delivery.armed, againAfterMs);
    this.#fire();
  }

  /** Milliseconds after which to send it again; undefined when it has been answered. */
  #judge(deadline: SetDeadline, reply: CommandReply): number | undefined {
    if (reply.accepted) return undefined;
    if (reply.code === 'NOT_DUE') return EARLY_MS;
    // Normal when something else was a moment faster; a ClearDeadline is missing when the same one is refused after each start.
    this.#options.logger.info({ deadline: deadline.id, code: reply.code }, 'A deadline came too late and was refused');
    return undefined;
  }

  #settle({ deadline, attempts }: ArmedDeadline<SetDeadline>, againAfterMs: number | undefined): void {
    // Moved to another time while it was under way: that one counts.
    if (this.#window.get(deadline.id) !== undefined) return;
    if (againAfterMs === undefined) this.#answered.set(deadline.id, deadline.dueAt);
    else {
      const wakeAtMs = this.#options.clock.nowMs() + againAfterMs;
      this.#window.put({ deadline, wakeAtMs, attempts: attempts + 1 });
    }
  }

  #envelopeOf(deadline: SetDeadline): Envelope {
    const { project, pipelineId, correlationId, causationId } = deadline;
    const executionId = deadline.command.executionId ?? deadline.executionId;
    return {
      commandId: uuidV5(NAMESPACES.deadline, deadline.id),
      project,
      ...(pipelineId === undefined ? {} : { pipelineId }),
      ...(executionId === undefined ? {} : { executionId }),
      actor: this.#actor,
      correlationId,
      ...(causationId === undefined ? {} : { causationId }),
    };
  }

  #log(error: unknown, fields: object, sentence: string): void {
    const record = { keeper: this.#options.name, ...fields, error };
    if (isOperational(error)) this.#options.logger.warn(record, sentence);
    else this.#options.logger.error(record, sentence);
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.timers.after(delayMs, resolve);
      const wake = (): void => {
        timer.cancel();
        resolve();
      };
      this.#stopping.signal.addEventListener('abort', wake, { once: true });
    });
  }
}

/** Growing from 0.1 s to 30 s. */
function backOffMs(attempt: number): number {
  return Math.min(BACK_OFF_MS * 2 ** (attempt - 1), BACK_OFF_MS_MAX);
}

function isSet(change: DeadlineChange): change is SetDeadline {
  return 'dueAt' in change;
}

interface DeadlineDocument extends JsonObject {
  readonly dueAt: string;
  readonly project: string;
  readonly pipelineId?: string;
  readonly executionId?: string;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly command: {
    readonly target: CommandTarget;
    readonly type: string;
    readonly data: JsonObject;
    readonly executionId?: string;
  };
}

/** What of a keeper is folded; the same for every keeper of these options. */
export function deadlineProjection(
  options: Pick<DeadlineKeeperOptions, 'name' | 'categories' | 'deadlinesOf'>,
): Projection {
  const { name, categories } = options;
  const changesOf = (event: RecordedEvent): readonly DeadlineChange[] =>
    categories.includes(event.category) ? options.deadlinesOf(event) : [];
  return {
    name: `${name}.deadlines.v1`,
    collection: { name: `${name}-deadlines`, indexes: [{ name: INDEX, fields: ['dueAt'] }] },
    touches: (event) => [...new Set(changesOf(event).map(({ id }) => id))],
    fold: (document, event, id) => {
      const change = changesOf(event).findLast((candidate) => candidate.id === id);
      if (change === undefined) return document;
      return isSet(change) ? toDocument(change) : undefined;
    },
  };
}

function toDocument({ id: _id, command, ...facts }: SetDeadline): DeadlineDocument {
  return { ...facts, command: { ...command } };
}

function toDeadline(id: string, document: DeadlineDocument): SetDeadline {
  return { ...document, id };
}
