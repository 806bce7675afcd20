import type { AllStreamResolvedEvent, AllStreamSubscription, EventStoreDBClient } from '@eventstore/db-client';
import type { Category } from '@millrace/contracts';
import type { Position } from '../event-store.js';
import type { Connection } from './connection.js';
import { at } from './log-reads.js';

/** Events that the engine looks at between two checkpoints. Also its page while it catches up, so not too few. */
const SEARCH_WINDOW = 500;
/** Events that wait here at most; the rest waits in the sockets and in the engine. */
const BUFFERED_EVENTS_MAX = 256;

/** A checkpoint of the engine, and how many events it has sent before it. */
interface Mark {
  readonly afterEvents: number;
  readonly position: Position;
}

/** One subscription of the driver, as long as it lives. Pulled: the driver reads no further than its buffer. */
export class LiveFeed {
  /** Why it has ended; undefined while it lives. */
  failure: unknown;
  hasEnded = false;
  private readonly live: AllStreamSubscription;
  private marks: Mark[] = [];
  private received = 0;
  private readonly client: EventStoreDBClient;

  /** @param changed - called when there may be something to take, or when it has ended. */
  constructor(
    private readonly connection: Connection,
    request: { readonly after: Position; readonly categories: readonly Category[] },
    changed: () => void,
  ) {
    const { driver } = connection;
    this.client = connection.client;
    this.live = this.client.subscribeToAll(
      {
        fromPosition: request.after === 0n ? driver.START : at(request.after),
        requiresLeader: true,
        filter: driver.streamNameFilter({
          prefixes: request.categories.map((category) => `${category}-`),
          checkpointInterval: 1,
          maxSearchWindow: SEARCH_WINDOW,
          checkpointReached: (_, position) => {
            this.mark(position.commit);
            changed();
          },
        }),
      },
      { highWaterMark: BUFFERED_EVENTS_MAX },
    );
    const end = (reason?: unknown): void => {
      if (!this.hasEnded) this.failure = reason;
      this.hasEnded = true;
      changed();
    };
    this.live.on('readable', changed);
    this.live.on('error', end);
    this.live.on('end', end);
    this.live.on('close', end);
  }

  /** A client that was given up takes its subscriptions with it, without a word. */
  get isOrphaned(): boolean {
    return this.client !== this.connection.client;
  }

  get isEmpty(): boolean {
    return this.live.readableLength === 0;
  }

  take(): AllStreamResolvedEvent | undefined {
    const event = this.live.read() as AllStreamResolvedEvent | null;
    if (event === null) return undefined;
    this.received += 1;
    return event;
  }

  /** How far the engine has looked, when all that it sent before saying so was taken. */
  checkpoint(): Position | undefined {
    const passed = this.marks.findLastIndex(({ afterEvents }) => afterEvents <= this.received);
    const position = this.marks[passed]?.position;
    this.marks = this.marks.slice(passed + 1);
    return position;
  }

  close(): void {
    this.hasEnded = true;
    this.live.unsubscribe().catch(() => undefined);
    this.live.destroy();
  }

  /** The driver tells of checkpoints beside the events, so one may overtake events that still wait here. */
  private mark(position: Position): void {
    this.marks.push({ afterEvents: this.received + this.live.readableLength, position });
  }
}
