import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** What an append is based on: a revision, or one of the words of the protocol. */
export type Expected = bigint | 'no_stream' | 'any' | 'stream_exists';

export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly metadata: Uint8Array;
  readonly data: Uint8Array;
}

export interface StoredEvent extends ProposedEvent {
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
  /** Of .NET: 100 ns since 1970. */
  readonly createdTicks: string;
}

export type AppendOutcome =
  | { readonly kind: 'success'; readonly revision: number; readonly position: number }
  /** `current` -1: there is no such stream. */
  | { readonly kind: 'wrong-expected-version'; readonly current: number }
  | { readonly kind: 'stream-deleted' };

export interface AppendRequest {
  readonly stream: string;
  readonly expected: Expected;
  readonly events: readonly ProposedEvent[];
}

interface PendingAppend extends AppendRequest {
  readonly resolve: (outcome: AppendOutcome) => void;
  readonly reject: (error: unknown) => void;
}

type StreamState = 'open' | 'deleted' | 'tombstoned';

interface StreamRow {
  readonly id: number;
  /** Revision of the last event, also of one that is no longer read. */
  readonly last: number;
  /** First revision that is still read. */
  readonly first: number;
  readonly state: StreamState;
}

interface EventRow {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly createdTicks: string;
  readonly metadata: Uint8Array;
  readonly data: Uint8Array;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS streams (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last INTEGER NOT NULL, first INTEGER NOT NULL, state TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, revision INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
    contentType TEXT NOT NULL, createdTicks TEXT NOT NULL, metadata BLOB NOT NULL, data BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS events_by_stream ON events (stream, revision);
  CREATE INDEX IF NOT EXISTS events_by_id ON events (stream, id);
`;

const COLUMNS =
  'e.position, s.name AS stream, e.revision, e.id, e.type, e.contentType, e.createdTicks, e.metadata, e.data';
const FROM = 'FROM events e JOIN streams s ON s.id = e.stream';

/** What a record takes in the log of the real server beside its payload, about: positions are offsets there, so they have gaps. */
const RECORD_OVERHEAD_BYTES = 96;
const GROUP_APPENDS_MAX = 1_000;
const TICKS_PER_MS = 10_000n;

/**
 * Streams in one SQLite file, by the rules of EventStoreDB. Appends that arrive together share a transaction; each is on the disk when it
 * is answered. One process at a time owns the directory.
 */
export class StandInLog {
  private readonly database: DatabaseSync;
  private readonly streamByName: StatementSync;
  private readonly insertStream: StatementSync;
  private readonly updateStream: StatementSync;
  private readonly insertEvent: StatementSync;
  private readonly idsOf: StatementSync;
  private readonly placeOfId: StatementSync;
  private readonly forwards: StatementSync;
  private readonly backwards: StatementSync;
  private readonly allFrom: StatementSync;
  private readonly allBefore: StatementSync;
  private readonly listeners = new Set<() => void>();
  private queue: PendingAppend[] = [];
  private flushing = false;
  private nextPosition: number;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.database = new DatabaseSync(join(directory, 'eventstoredb-stand-in.sqlite'), { timeout: 1_000 });
    // Exclusive, so that a second server on the same data is refused by SQLite itself.
    this.database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    this.database.exec(SCHEMA);
    this.streamByName = this.database.prepare('SELECT id, last, first, state FROM streams WHERE name = ?');
    this.insertStream = this.database.prepare(
      "INSERT INTO streams (name, last, first, state) VALUES (?, -1, 0, 'open')",
    );
    this.updateStream = this.database.prepare('UPDATE streams SET last = ?, first = ?, state = ? WHERE id = ?');
    this.insertEvent = this.database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.idsOf = this.database.prepare(
      'SELECT id, revision, position FROM events WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?',
    );
    this.placeOfId = this.database.prepare(
      'SELECT revision FROM events WHERE stream = ? AND id = ? ORDER BY revision DESC LIMIT 1',
    );
    this.forwards = this.database.prepare(
      `SELECT ${COLUMNS} ${FROM} WHERE e.stream = ? AND e.revision >= ? ORDER BY e.revision LIMIT ?`,
    );
    this.backwards = this.database.prepare(
      `SELECT ${COLUMNS} ${FROM} WHERE e.stream = ? AND e.revision <= ? AND e.revision >= ? ORDER BY e.revision DESC LIMIT ?`,
    );
    this.allFrom = this.database.prepare(`SELECT ${COLUMNS} ${FROM} WHERE e.position >= ? ORDER BY e.position LIMIT ?`);
    this.allBefore = this.database.prepare(
      `SELECT ${COLUMNS} ${FROM} WHERE e.position < ? ORDER BY e.position DESC LIMIT ?`,
    );
    this.nextPosition = this.endOfLog();
    this.writeEpoch();
  }

  append(request: AppendRequest): Promise<AppendOutcome> {
    return new Promise((resolve, reject) => {
      this.queue.push({ ...request, resolve, reject });
      if (this.flushing) return;
      this.flushing = true;
      setImmediate(() => this.flush());
    });
  }

  /** A soft delete: what is there is no longer read, and revisions go on from where they were. */
  delete(stream: string, expected: Expected): AppendOutcome {
    return this.end(stream, expected, 'deleted');
  }

  /** For good. */
  tombstone(stream: string, expected: Expected): AppendOutcome {
    return this.end(stream, expected, 'tombstoned');
  }

  stateOf(stream: string): 'absent' | StreamState {
    return this.row(stream)?.state ?? 'absent';
  }

  readStream(stream: string, from: number | 'end', limit: number, isBackwards: boolean): readonly StoredEvent[] {
    const row = this.row(stream);
    if (row === undefined) return [];
    const start = from === 'end' ? row.last : from;
    const rows = isBackwards
      ? this.backwards.all(row.id, start, row.first, limit)
      : from === 'end'
        ? []
        : this.forwards.all(row.id, Math.max(start, row.first), limit);
    return rows as unknown as readonly EventRow[];
  }

  /** From a position on, which is included. */
  readAllFrom(position: number, limit: number): readonly StoredEvent[] {
    return this.allFrom.all(position, limit) as unknown as readonly EventRow[];
  }

  /** Latest first; the position itself is excluded. */
  readAllBefore(position: number, limit: number): readonly StoredEvent[] {
    return this.allBefore.all(position, limit) as unknown as readonly EventRow[];
  }

  /** Where the next event will stand, at the least. */
  get endPosition(): number {
    return this.nextPosition;
  }

  /** Called after every commit, until it is removed. */
  onCommit(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    while (this.queue.length > 0) this.flush();
    this.database.close();
  }

  private flush(): void {
    this.flushing = false;
    const group = this.queue.splice(0, GROUP_APPENDS_MAX);
    if (group.length === 0) return;
    try {
      const outcomes = this.inTransaction(() => group.map((request) => this.judgeAndWrite(request)));
      for (const [index, request] of group.entries()) {
        const outcome = outcomes[index];
        if (outcome !== undefined) request.resolve(outcome);
      }
    } catch (error) {
      for (const request of group) request.reject(error);
    }
    if (this.queue.length === 0) return;
    this.flushing = true;
    setImmediate(() => this.flush());
  }

  private inTransaction<T>(work: () => T): T {
    const before = this.nextPosition;
    this.database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.database.exec('COMMIT');
      if (this.nextPosition !== before) for (const listener of [...this.listeners]) listener();
      return result;
    } catch (error) {
      this.nextPosition = before;
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }

  private judgeAndWrite({ stream, expected, events }: AppendRequest): AppendOutcome {
    const row = this.row(stream);
    if (row?.state === 'tombstoned') return { kind: 'stream-deleted' };
    const verdict = row === undefined ? this.judgeNew(expected) : this.judge(row, expected, events);
    return verdict ?? this.write(stream, row, events);
  }

  private judgeNew(expected: Expected): AppendOutcome | undefined {
    const fits = expected === 'any' || expected === 'no_stream';
    return fits ? undefined : { kind: 'wrong-expected-version', current: -1 };
  }

  /** Undefined: it is to be written. */
  private judge(row: StreamRow, expected: Expected, events: readonly ProposedEvent[]): AppendOutcome | undefined {
    const conflict: AppendOutcome = { kind: 'wrong-expected-version', current: row.last };
    if (row.state === 'deleted') return expected === 'no_stream' || isAt(row.last, expected) ? undefined : conflict;
    if (expected === 'any' || expected === 'stream_exists') return this.repeatAnywhere(row, events);
    const revision = expected === 'no_stream' ? -1 : Number(expected);
    if (revision === row.last) return undefined;
    return (revision < row.last ? this.repeatAt(row, revision + 1, events) : undefined) ?? conflict;
  }

  /** A repeat is known by its ids, and only where it would have been written: at the revision that it names. */
  private repeatAt(row: StreamRow, first: number, events: readonly ProposedEvent[]): AppendOutcome | undefined {
    const known = this.idsOf.all(row.id, first, events.length) as unknown as readonly EventRow[];
    const last = known.at(-1);
    if (last === undefined || known.length < events.length) return undefined;
    if (!known.every(({ id }, index) => id === events[index]?.id)) return undefined;
    return { kind: 'success', revision: last.revision, position: last.position };
  }

  private repeatAnywhere(row: StreamRow, events: readonly ProposedEvent[]): AppendOutcome | undefined {
    const place = this.placeOfId.get(row.id, events[0]?.id ?? '') as { revision: number } | undefined;
    return place === undefined ? undefined : this.repeatAt(row, place.revision, events);
  }

  private write(stream: string, known: StreamRow | undefined, events: readonly ProposedEvent[]): AppendOutcome {
    const row = known ?? this.createStream(stream);
    let { last } = row;
    let position = this.nextPosition;
    const createdTicks = String(BigInt(Date.now()) * TICKS_PER_MS);
    for (const event of events) {
      last += 1;
      position = this.nextPosition;
      const { id, type, contentType, metadata, data } = event;
      this.insertEvent.run(position, row.id, last, id, type, contentType, createdTicks, metadata, data);
      this.nextPosition = position + recordBytes(stream, event);
    }
    this.updateStream.run(last, row.first, 'open', row.id);
    return { kind: 'success', revision: last, position };
  }

  private end(stream: string, expected: Expected, state: 'deleted' | 'tombstoned'): AppendOutcome {
    return this.inTransaction(() => {
      const row = this.row(stream);
      if (row?.state === 'tombstoned') return { kind: 'stream-deleted' };
      const last = row?.last ?? -1;
      if (!isAt(last, expected)) return { kind: 'wrong-expected-version', current: last };
      const { id } = row ?? this.createStream(stream);
      const note = state === 'deleted' ? metadataEvent(`{"$tb":${last + 1}}`) : metadataEvent('{}', '$streamDeleted');
      const outcome = this.write(`$$${stream}`, this.row(`$$${stream}`), [note]);
      this.updateStream.run(last, last + 1, state, id);
      return outcome;
    });
  }

  private createStream(name: string): StreamRow {
    const id = Number(this.insertStream.run(name).lastInsertRowid);
    return { id, last: -1, first: 0, state: 'open' };
  }

  private row(stream: string): StreamRow | undefined {
    return this.streamByName.get(stream) as unknown as StreamRow | undefined;
  }

  private endOfLog(): number {
    const [last] = this.readAllBefore(Number.MAX_SAFE_INTEGER, 1);
    return last === undefined ? 0 : last.position + recordBytes(last.stream, last);
  }

  /** Every start of the real server leaves an event of its own in `$all`, too: a reader has to tell them from its own. */
  private writeEpoch(): void {
    const epoch = metadataEvent('{}', '$epoch-information');
    this.inTransaction(() => this.write('$epoch-information', this.row('$epoch-information'), [epoch]));
  }
}

function isAt(last: number, expected: Expected): boolean {
  if (expected === 'any' || expected === 'stream_exists') return true;
  return last === (expected === 'no_stream' ? -1 : Number(expected));
}

function metadataEvent(text: string, type = '$metadata'): ProposedEvent {
  return {
    id: crypto.randomUUID(),
    type,
    contentType: 'application/json',
    metadata: new Uint8Array(),
    data: Buffer.from(text),
  };
}

function recordBytes(stream: string, { type, metadata, data }: ProposedEvent): number {
  return RECORD_OVERHEAD_BYTES + stream.length + type.length + metadata.length + data.length;
}
