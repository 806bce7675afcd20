import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StreamName } from '@millrace/contracts';
import { categoryOf, type EncodedEvent } from '../encoding.js';
import { NEW_STREAM, StreamConflict, type Appended, type Head, type RecordedEvent } from '../event-store.js';
import type { LogQueries } from './log-queries.js';

/** Streams whose heads are remembered. */
const HEADS_MAX = 50_000;

export interface AppendRequest {
  readonly stream: StreamName;
  readonly head: Head;
  readonly events: readonly EncodedEvent[];
}

export interface GroupOutcome {
  /** One an append, in their order. */
  readonly answers: readonly (Appended | StreamConflict)[];
  readonly recorded: readonly RecordedEvent[];
}

interface StreamHead extends Head {
  /** Row of `streams`; 0 until the stream exists. */
  readonly id: number;
  /** Of its last event, where this writer has written it; else 0. */
  readonly position: number;
}

const ABSENT: StreamHead = { id: 0, position: 0, ...NEW_STREAM };

/** Writes many appends in one transaction, each judged against the head that those before it leave behind. */
export class GroupWriter {
  private readonly heads = new Map<StreamName, StreamHead>();
  /** Heads as this transaction would leave them. */
  private readonly pending = new Map<StreamName, StreamHead>();
  private readonly begin: StatementSync;
  private readonly commit: StatementSync;
  private readonly rollback: StatementSync;
  private readonly insert: StatementSync;
  private readonly insertStream: StatementSync;
  private readonly streamId: StatementSync;
  private open = false;

  constructor(
    private readonly database: DatabaseSync,
    private readonly queries: LogQueries,
  ) {
    this.begin = database.prepare('BEGIN IMMEDIATE');
    this.commit = database.prepare('COMMIT');
    this.rollback = database.prepare('ROLLBACK');
    this.insert = database.prepare(
      'INSERT INTO events (position, stream, revision, category, hash, metadata, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.insertStream = database.prepare('INSERT INTO streams (name) VALUES (?)');
    this.streamId = database.prepare('SELECT id FROM streams WHERE name = ?');
  }

  /** The end of a stream, when it needs no look and stands at or before the position. */
  knownHead(stream: StreamName, last: number): Head | undefined {
    const known = this.heads.get(stream);
    if (known === undefined || known.position > last) return undefined;
    return { revision: known.revision, hash: known.hash };
  }

  /** A read has found no such stream: only this writer can make it one. */
  knowAbsent(stream: StreamName): void {
    if (!this.heads.has(stream)) this.remember(stream, ABSENT);
  }

  /** All of the group is committed when it returns; nothing of it is written when it throws {@link isFull}; else nobody knows. */
  write(group: readonly AppendRequest[], lastPosition: number): GroupOutcome {
    this.pending.clear();
    try {
      const recorded: RecordedEvent[] = [];
      const answers = group.map((request) => this.judge(request) ?? this.append(request, lastPosition, recorded));
      this.end();
      for (const [stream, head] of this.pending) this.remember(stream, head);
      return { answers, recorded };
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  private judge({ stream, head, events }: AppendRequest): Appended | StreamConflict | undefined {
    const actual = this.headOf(stream);
    if (head.revision === actual.revision && head.hash === actual.hash) return undefined;
    if (head.revision < actual.revision) {
      const known = this.queries.idsAfter(stream, head.revision, events.length);
      const last = known.at(-1);
      const isRepeat =
        known.length === events.length && known.every(({ id }, index) => id === events[index]?.metadata.id);
      if (isRepeat && last !== undefined)
        return { head: { revision: last.revision, hash: last.hash }, position: BigInt(last.position) };
    }
    return new StreamConflict(stream, head.revision, actual.revision);
  }

  private append({ stream, events }: AppendRequest, lastPosition: number, recorded: RecordedEvent[]): Appended {
    if (!this.open) {
      this.begin.run();
      this.open = true;
    }
    const id = this.headOf(stream).id || Number(this.insertStream.run(stream).lastInsertRowid);
    const category = categoryOf(stream);
    let position = lastPosition + recorded.length;
    let head: StreamHead = this.headOf(stream);
    for (const { metadata, metadataText, data, dataText, hash } of events) {
      position += 1;
      this.insert.run(position, id, metadata.revision, category, hash, metadataText, dataText);
      const { type, version, revision } = metadata;
      recorded.push({ type, version, stream, category, revision, position: BigInt(position), data, metadata, hash });
      head = { id, revision, hash, position };
    }
    this.pending.set(stream, head);
    return { head: { revision: head.revision, hash: head.hash }, position: BigInt(position) };
  }

  private end(): void {
    if (this.open) this.commit.run();
    this.open = false;
  }

  private abandon(): void {
    this.open = false;
    // A failed statement may already have rolled back.
    if (this.database.isTransaction) this.rollback.run();
  }

  private headOf(stream: StreamName): StreamHead {
    const known = this.pending.get(stream) ?? this.heads.get(stream);
    if (known !== undefined) return known;
    const row = this.streamId.get(stream) as { id: number } | undefined;
    const head = row === undefined ? ABSENT : { id: row.id, position: 0, ...this.queries.headOf(stream, Infinity) };
    this.remember(stream, head);
    return head;
  }

  private remember(stream: StreamName, head: StreamHead): void {
    this.heads.delete(stream);
    this.heads.set(stream, head);
    if (this.heads.size <= HEADS_MAX) return;
    const oldest = this.heads.keys().next();
    if (oldest.done !== true) this.heads.delete(oldest.value);
  }
}
