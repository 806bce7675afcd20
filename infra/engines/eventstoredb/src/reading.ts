import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type * as Streams from '@eventstore/db-client/generated/streams_pb.js';
import type { StandInLog, StoredEvent } from './log.ts';
import {
  checkpointResponse,
  confirmationResponse,
  eventResponse,
  streamDeleted,
  streamNameOf,
  streamNotFoundResponse,
} from './messages.ts';

export type ReadCall = ServerWritableStream<Streams.ReadReq, Streams.ReadResp>;

const PAGE_EVENTS = 256;
/** Events that are looked at between two checkpoints where the reader does not say. */
const SEARCH_WINDOW_DEFAULT = 32;
const BACKWARDS = 1;

/** Answers a read of a stream or of everything, once or for ever. Ends when the reader goes away. */
export async function answerRead(log: StandInLog, call: ReadCall): Promise<void> {
  const options = call.request.getOptions();
  if (options === undefined) throw new RangeError('A read needs options.');
  const reading = new Reading(log, call);
  if (options.hasSubscription()) await reading.subscribe(options);
  else if (options.hasAll()) await reading.readAll(options);
  else await reading.readStream(options);
  call.end();
}

class Reading {
  constructor(log: StandInLog, call: ReadCall) {
    this.log = log;
    this.call = call;
  }
  private readonly log: StandInLog;
  private readonly call: ReadCall;

  async readStream(options: Streams.ReadReq.Options): Promise<void> {
    const stream = streamNameOf(options.getStream());
    const state = this.log.stateOf(stream);
    if (state === 'tombstoned') throw streamDeleted(stream);
    if (state !== 'open') return this.write(streamNotFoundResponse(stream));
    const isBackwards = Number(options.getReadDirection()) === BACKWARDS;
    let from = startRevision(options.getStream());
    for (let left = countOf(options); left > 0;) {
      const page = this.log.readStream(stream, from, Math.min(left, PAGE_EVENTS), isBackwards);
      await this.writeEvents(page);
      const last = page.at(-1);
      left -= page.length;
      if (last === undefined || page.length < PAGE_EVENTS || this.call.cancelled) return;
      from = last.revision + (isBackwards ? -1 : 1);
      if (from < 0) return;
    }
  }

  async readAll(options: Streams.ReadReq.Options): Promise<void> {
    const isBackwards = Number(options.getReadDirection()) === BACKWARDS;
    const matches = filterOf(options);
    let from = startPosition(options, this.log);
    for (let left = countOf(options); left > 0;) {
      const page = isBackwards ? this.log.readAllBefore(from, PAGE_EVENTS) : this.log.readAllFrom(from, PAGE_EVENTS);
      const found = page.filter(matches).slice(0, left);
      await this.writeEvents(found);
      left -= found.length;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE_EVENTS || this.call.cancelled) return;
      from = isBackwards ? last.position : last.position + 1;
    }
  }

  async subscribe(options: Streams.ReadReq.Options): Promise<void> {
    await this.write(confirmationResponse(randomUUID()));
    const signal = new AbortController();
    this.call.on('cancelled', () => signal.abort());
    const commits = new Commits(this.log, signal.signal);
    try {
      if (options.hasAll()) await this.followAll(options, commits);
      else await this.followStream(options, commits);
    } finally {
      commits.stop();
    }
  }

  private async followAll(options: Streams.ReadReq.Options, commits: Commits): Promise<void> {
    const looking = { matches: filterOf(options), checkpointEvery: checkpointIntervalOf(options), looked: 0 };
    // A subscription delivers what stands after a position, unlike a read.
    let next = startPosition(options, this.log) + (options.getAll()?.hasPosition() === true ? 1 : 0);
    while (!this.call.cancelled) {
      const page = this.log.readAllFrom(next, PAGE_EVENTS);
      for (const event of page) {
        if (this.call.cancelled) return;
        await this.look(event, looking);
        next = event.position + 1;
      }
      if (page.length === 0 && !(await commits.next())) return;
    }
  }

  private async look(event: StoredEvent, looking: Looking): Promise<void> {
    if (looking.matches(event)) await this.write(eventResponse(event));
    looking.looked += 1;
    if (looking.looked % looking.checkpointEvery === 0) await this.write(checkpointResponse(event.position));
  }

  private async followStream(options: Streams.ReadReq.Options, commits: Commits): Promise<void> {
    const stream = streamNameOf(options.getStream());
    if (this.log.stateOf(stream) === 'tombstoned') throw streamDeleted(stream);
    let next = this.firstToFollow(stream, options);
    while (!this.call.cancelled) {
      const page = this.log.readStream(stream, next, PAGE_EVENTS, false);
      await this.writeEvents(page);
      next += page.length;
      if (page.length === 0 && !(await commits.next())) return;
    }
  }

  private firstToFollow(stream: string, options: Streams.ReadReq.Options): number {
    const start = startRevision(options.getStream());
    if (start !== 'end') return start + (options.getStream()?.hasRevision() === true ? 1 : 0);
    const [last] = this.log.readStream(stream, 'end', 1, true);
    return (last?.revision ?? -1) + 1;
  }

  private async writeEvents(events: readonly StoredEvent[]): Promise<void> {
    for (const event of events) {
      if (this.call.cancelled) return;
      await this.write(eventResponse(event));
    }
  }

  private async write(response: Streams.ReadResp): Promise<void> {
    if (this.call.cancelled || this.call.write(response)) return;
    const gone = new AbortController();
    const stop = (): void => gone.abort();
    this.call.once('cancelled', stop);
    try {
      await once(this.call, 'drain', { signal: gone.signal });
    } catch {
      // The reader has gone away; the loops look at `cancelled`.
    } finally {
      this.call.off('cancelled', stop);
    }
  }
}

interface Looking {
  readonly matches: (event: StoredEvent) => boolean;
  readonly checkpointEvery: number;
  looked: number;
}

/** Waits for commits without missing one that comes between two waits. */
class Commits {
  private seen = 0;
  private taken = 0;
  private wake: (() => void) | undefined;
  private readonly signal: AbortSignal;
  readonly stop: () => void;

  constructor(log: StandInLog, signal: AbortSignal) {
    this.signal = signal;
    const listening = log.onCommit(() => {
      this.seen += 1;
      this.wake?.();
    });
    const abort = (): void => this.wake?.();
    signal.addEventListener('abort', abort);
    this.stop = () => {
      listening();
      signal.removeEventListener('abort', abort);
    };
  }

  /** False when the reader has gone away. */
  async next(): Promise<boolean> {
    if (this.seen === this.taken && !this.signal.aborted)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    this.taken = this.seen;
    return !this.signal.aborted;
  }
}

function countOf(options: Streams.ReadReq.Options): number {
  return Number(options.getCount());
}

function startRevision(options: Streams.ReadReq.Options.StreamOptions | undefined): number | 'end' {
  if (options?.hasRevision() === true) return Number(options.getRevision());
  if (options?.hasEnd() === true) return 'end';
  return 0;
}

function startPosition(options: Streams.ReadReq.Options, log: StandInLog): number {
  const all = options.getAll();
  if (all?.hasPosition() === true) return Number(all.getPosition()?.getCommitPosition());
  return all?.hasEnd() === true ? log.endPosition : 0;
}

/** Without a filter every event tells how far the reader has come. */
function checkpointIntervalOf(options: Streams.ReadReq.Options): number {
  const filter = options.getFilter();
  if (filter === undefined) return Infinity;
  const window = filter.hasMax() ? filter.getMax() : SEARCH_WINDOW_DEFAULT;
  return Math.max(1, window * filter.getCheckpointintervalmultiplier());
}

function filterOf(options: Streams.ReadReq.Options): (event: StoredEvent) => boolean {
  const filter = options.getFilter();
  if (filter === undefined) return () => true;
  const byType = filter.hasEventType();
  const expression = byType ? filter.getEventType() : filter.getStreamIdentifier();
  const regex = expression?.getRegex() ?? '';
  const pattern = regex === '' ? undefined : new RegExp(regex);
  const prefixes = expression?.getPrefixList() ?? [];
  return ({ type, stream }) => {
    const text = byType ? type : stream;
    return pattern === undefined ? prefixes.some((prefix) => text.startsWith(prefix)) : pattern.test(text);
  };
}
