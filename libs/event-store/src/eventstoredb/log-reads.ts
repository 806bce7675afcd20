import type { AllStreamResolvedEvent, ReadPosition, ReadRevision, ResolvedEvent } from '@eventstore/db-client';
import type { Category, StreamName } from '@millrace/contracts';
import { categoryOf } from '../encoding.js';
import {
  NEW_STREAM,
  READ_LIMIT_DEFAULT,
  READ_LIMIT_MAX,
  type EventBatch,
  type Head,
  type LogHead,
  type Position,
  type ReadAllOptions,
  type ReadStreamOptions,
  type RecordedEvent,
  type StreamSlice,
} from '../event-store.js';
import type { Connection } from './connection.js';
import { isStreamNotFound, refusalOf, unavailable } from './failures.js';
import { isOfLog, positionOf, toRecorded, type StoredMetadata } from './stored-event.js';

/** Events of one call, so that it keeps within its bound however long the read is; a little more than a page of our own readers. */
const PAGE_EVENTS = 1_024;
/** Events that are looked at first when the log's last one is sought. */
const HEAD_PAGE_EVENTS = 8;
/** Nothing of ours stands at or below it: the engine's own first event is there. */
const BEFORE_EVERYTHING = 1n;

type Direction = 'forwards' | 'backwards';

/** Where the log ended when everything up to a position of the engine was looked at. */
interface Looked {
  readonly upTo: Position;
  readonly head: LogHead;
}

/** An event of the engine and where it stands. */
export interface PlacedEvent {
  readonly resolved: AllStreamResolvedEvent;
  readonly position: Position;
}

/** Every read of the log, in pages, from the node that leads: another may not have yet what was acknowledged. */
export class LogReads {
  private looked: Looked = { upTo: 0n, head: { position: 0n, hash: NEW_STREAM.hash } };

  /** The last time the head was read, for all who don't need it of this very moment. */
  private recent: { readonly at: number; readonly head: Promise<LogHead> } | undefined;

  constructor(private readonly connection: Connection) {}

  async readStream(stream: StreamName, options: ReadStreamOptions = {}): Promise<StreamSlice> {
    const limit = boundedLimit(options.limit);
    const from = options.from === undefined ? undefined : Math.max(0, options.from);
    return options.direction === 'backwards'
      ? this.streamBackwards(stream, from, limit)
      : this.streamForwards(stream, from ?? 0, limit);
  }

  /**
   * The engine's client can't filter a read of everything, so categories are picked here. The checkpoint is the last event of the log that
   * was looked at, whatever its category.
   */
  async readAll(options: ReadAllOptions = {}): Promise<EventBatch> {
    const limit = boundedLimit(options.limit);
    return options.direction === 'backwards'
      ? this.allBackwards(options.after, limit, options.categories)
      : this.allForwards(options.after ?? 0n, limit, options.categories);
  }

  /** The events of some categories in the next page, whatever else stands there; the checkpoint says how far it went. */
  async readPage(after: Position, categories: readonly Category[], limit: number): Promise<EventBatch> {
    return this.allForwards(after, limit, categories, 1);
  }

  /** The log's events of the next page as the engine has them, whether they are sound or not. */
  async storedPage(
    after: Position,
    limit: number,
  ): Promise<{ readonly events: readonly PlacedEvent[]; readonly isLast: boolean }> {
    const events: PlacedEvent[] = [];
    for await (const page of this.pages(after, 'forwards', firstPage(limit, undefined))) {
      events.push(...page);
      if (events.length > limit) return { events: events.slice(0, limit), isLast: false };
    }
    return { events, isLast: true };
  }

  /** {@link head} as it was at most so long ago: a dozen subscriptions that look whether they have missed something share one read. */
  headSeenWithin(milliseconds: number): Promise<LogHead> {
    const now = performance.now();
    if (this.recent !== undefined && now - this.recent.at <= milliseconds) return this.recent.head;
    const head = this.head();
    const recent = { at: now, head };
    this.recent = recent;
    head.catch(() => {
      if (this.recent === recent) this.recent = undefined;
    });
    return head;
  }

  /** The last event of the log. What was looked at once is not looked at again, so that a quiet log costs one short read. */
  async head(): Promise<LogHead> {
    const known = this.looked;
    let top: Position | undefined;
    let from: ReadPosition = 'end';
    for (let size = HEAD_PAGE_EVENTS; ; size = Math.min(size * 4, PAGE_EVENTS)) {
      const page = await this.page(from, size, 'backwards');
      for (const resolved of page) {
        const position = positionOf(resolved);
        top ??= position;
        if (position <= known.upTo) return this.lookedUpTo(top, known.head);
        if (isOfLog(resolved)) return this.lookedUpTo(top, { position, hash: hashOf(resolved) });
      }
      const last = page.at(-1);
      if (last === undefined || page.length < size) return this.lookedUpTo(top ?? 0n, known.head);
      from = at(positionOf(last));
    }
  }

  private lookedUpTo(upTo: Position, head: LogHead): LogHead {
    if (upTo > this.looked.upTo) this.looked = { upTo, head };
    return head;
  }

  private async headOf(stream: StreamName): Promise<Head> {
    const [last] = await this.events(stream, 'end', 1, 'backwards');
    return last === undefined ? NEW_STREAM : headAt(last);
  }

  private async streamBackwards(stream: StreamName, from: number | undefined, limit: number): Promise<StreamSlice> {
    if (from === undefined) {
      const events = await this.events(stream, 'end', limit, 'backwards');
      return { events, head: headAfter(events[0]) };
    }
    const head = await this.headOf(stream);
    if (head.revision < 0) return { events: [], head };
    return { events: await this.events(stream, BigInt(Math.min(from, head.revision)), limit, 'backwards'), head };
  }

  /** Where the slice reaches the end of the stream, or only just doesn't, its own events tell the head, and one read is enough. */
  private async streamForwards(stream: StreamName, from: number, limit: number): Promise<StreamSlice> {
    const overlap = from > 0 ? 1 : 0;
    const read = await this.events(stream, BigInt(from - overlap), limit + overlap, 'forwards');
    const isWhole = read.length < limit + overlap && (read.length > 0 || from === 0);
    const head = isWhole ? headAfter(read.at(-1)) : await this.headOf(stream);
    return { events: read.slice(overlap), head };
  }

  private async events(
    stream: StreamName,
    from: ReadRevision,
    limit: number,
    direction: Direction,
  ): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    let next = from;
    for (;;) {
      const maxCount = Math.min(PAGE_EVENTS, limit - events.length);
      const page = await this.streamPage(stream, next, maxCount, direction);
      for (const resolved of page) events.push(toRecorded(resolved));
      const last = events.at(-1);
      if (last === undefined || page.length < maxCount || events.length >= limit) return events;
      if (direction === 'backwards' && last.revision === 0) return events;
      next = BigInt(last.revision + (direction === 'backwards' ? -1 : 1));
    }
  }

  private async streamPage(
    stream: StreamName,
    fromRevision: ReadRevision,
    maxCount: number,
    direction: Direction,
  ): Promise<readonly ResolvedEvent[]> {
    try {
      return await this.connection.collect<ResolvedEvent>((client) =>
        client.readStream(stream, { fromRevision, maxCount, direction, requiresLeader: true }),
      );
    } catch (error) {
      if (isStreamNotFound(error)) return [];
      throw readFailure(error);
    }
  }

  private async allForwards(
    after: Position,
    limit: number,
    categories: readonly Category[] | undefined,
    pagesMax = Infinity,
  ): Promise<EventBatch> {
    const events: RecordedEvent[] = [];
    let checkpoint = after;
    let pages = 0;
    for await (const page of this.pages(after, 'forwards', firstPage(limit, categories))) {
      for (const { resolved, position } of page) {
        if (events.length === limit) return { events, checkpoint, caughtUp: false };
        checkpoint = position;
        if (isAmong(resolved, categories)) events.push(toRecorded(resolved));
      }
      pages += 1;
      if (pages >= pagesMax) return { events, checkpoint, caughtUp: false };
    }
    return { events, checkpoint, caughtUp: true };
  }

  private async allBackwards(
    before: Position | undefined,
    limit: number,
    categories: readonly Category[] | undefined,
  ): Promise<EventBatch> {
    const events: RecordedEvent[] = [];
    for await (const page of this.pages(before, 'backwards', firstPage(limit, categories)))
      for (const { resolved, position } of page) {
        if (!isAmong(resolved, categories)) continue;
        events.push(toRecorded(resolved));
        if (events.length === limit) return { events, checkpoint: position, caughtUp: false };
      }
    return { events, checkpoint: BEFORE_EVERYTHING, caughtUp: true };
  }

  /** The log's own events beyond a position, which is excluded either way; the engine includes it when it reads forwards. */
  private async *pages(
    start: Position | undefined,
    direction: Direction,
    firstSize: number,
  ): AsyncGenerator<readonly PlacedEvent[]> {
    const isBeyond = (position: Position, from: Position): boolean =>
      direction === 'forwards' ? position > from : position < from;
    let from = start;
    for (let size = firstSize; !isBeforeEverything(from, direction); size = PAGE_EVENTS) {
      const page = await this.page(startOf(from, direction), size, direction);
      const placed = page.map((resolved) => ({ resolved, position: positionOf(resolved) }));
      const last = placed.at(-1);
      yield placed.filter(
        ({ resolved, position }) => (from === undefined || isBeyond(position, from)) && isOfLog(resolved),
      );
      if (last === undefined || page.length < size) return;
      from = last.position;
    }
  }

  private async page(
    fromPosition: ReadPosition,
    maxCount: number,
    direction: Direction,
  ): Promise<readonly AllStreamResolvedEvent[]> {
    try {
      return await this.connection.collect<AllStreamResolvedEvent>((client) =>
        client.readAll({ fromPosition, maxCount, direction, requiresLeader: true }),
      );
    } catch (error) {
      throw readFailure(error);
    }
  }
}

/** The event at the position itself, which comes along, and one more, which tells that there are more. */
function firstPage(limit: number, categories: readonly Category[] | undefined): number {
  return categories === undefined ? Math.min(limit + 2, PAGE_EVENTS) : PAGE_EVENTS;
}

function isBeforeEverything(from: Position | undefined, direction: Direction): boolean {
  return direction === 'backwards' && from !== undefined && from <= BEFORE_EVERYTHING;
}

function startOf(from: Position | undefined, direction: Direction): ReadPosition {
  if (from === undefined) return direction === 'backwards' ? 'end' : 'start';
  return from === 0n ? 'start' : at(from);
}

/** Commit and prepare are one for every append of ours, so one number says both. */
export function at(position: Position): { commit: bigint; prepare: bigint } {
  return { commit: position, prepare: position };
}

function isAmong(resolved: ResolvedEvent, categories: readonly Category[] | undefined): boolean {
  return categories === undefined || categories.includes(categoryOf((resolved.event?.streamId ?? '') as StreamName));
}

function hashOf(resolved: ResolvedEvent): string {
  return (resolved.event?.metadata as StoredMetadata | undefined)?.hash ?? toRecorded(resolved).hash;
}

function headAt({ revision, hash }: RecordedEvent): Head {
  return { revision, hash };
}

function headAfter(last: RecordedEvent | undefined): Head {
  return last === undefined ? NEW_STREAM : headAt(last);
}

function boundedLimit(limit: number | undefined): number {
  return Math.max(1, Math.min(limit ?? READ_LIMIT_DEFAULT, READ_LIMIT_MAX));
}

function readFailure(error: unknown): unknown {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (code === 'STORE_CLOSED') return error;
  return refusalOf(error) ?? unavailable(error);
}
