import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { ParkedMessage } from '../messages.js';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS consumers (name TEXT PRIMARY KEY, log TEXT NOT NULL, position TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS parked (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    consumer TEXT NOT NULL,
    key TEXT NOT NULL,
    position TEXT NOT NULL,
    event_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    cause TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    parked_at TEXT NOT NULL,
    settled INTEGER NOT NULL DEFAULT 0,
    UNIQUE (consumer, position)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS parked_by_key ON parked (consumer, key, settled);
`;

const PARKED = `consumer || '/' || position AS id, consumer, key, position, event_id AS eventId, event_type AS eventType, cause, attempts, parked_at AS parkedAt`;

interface ParkedRow extends Omit<ParkedMessage, 'position'> {
  readonly position: string;
}

/**
 * How far each consumer has come, and what was set aside. Not synced at each commit: after a power cut a consumer repeats
 * what its handler absorbs, and a message parked a moment before is tried, and parked, again.
 */
export class ConsumerPositions {
  private readonly database: DatabaseSync;
  private readonly load: StatementSync;
  private readonly save: StatementSync;
  private readonly allPositions: StatementSync;
  private readonly insertParked: StatementSync;
  private readonly updateParked: StatementSync;
  private readonly settleParked: StatementSync;
  private readonly forgetSettled: StatementSync;
  private readonly allParked: StatementSync;
  private readonly parkedOfKey: StatementSync;
  private readonly oneParked: StatementSync;
  private readonly keysOf: StatementSync;
  private readonly settledOf: StatementSync;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.database = new DatabaseSync(join(directory, 'messages.sqlite'), { timeout: 5_000 });
    this.database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -1000');
    this.database.exec(SCHEMA);
    const prepare = (sql: string): StatementSync => this.database.prepare(sql);
    this.load = prepare('SELECT log, position FROM consumers WHERE name = ?');
    this.save = prepare(
      'INSERT INTO consumers (name, log, position) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET log = excluded.log, position = excluded.position',
    );
    this.allPositions = prepare('SELECT name, log, position FROM consumers ORDER BY name');
    this.insertParked = prepare(
      `INSERT INTO parked (consumer, key, position, event_id, event_type, cause, attempts, parked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (consumer, position) DO NOTHING`,
    );
    this.updateParked = prepare('UPDATE parked SET cause = ?, attempts = ? WHERE consumer = ? AND position = ?');
    this.settleParked = prepare('UPDATE parked SET settled = 1 WHERE consumer = ? AND position = ?');
    this.forgetSettled = prepare(
      'DELETE FROM parked WHERE consumer = ? AND settled = 1 AND CAST(position AS INTEGER) <= CAST(? AS INTEGER)',
    );
    this.allParked = prepare(`SELECT ${PARKED} FROM parked WHERE settled = 0 ORDER BY number`);
    this.parkedOfKey = prepare(
      `SELECT ${PARKED} FROM parked WHERE consumer = ? AND key = ? AND settled = 0 ORDER BY CAST(position AS INTEGER) LIMIT 1`,
    );
    this.oneParked = prepare(`SELECT ${PARKED} FROM parked WHERE consumer || '/' || position = ? AND settled = 0`);
    this.keysOf = prepare('SELECT DISTINCT key FROM parked WHERE consumer = ? AND settled = 0');
    this.settledOf = prepare('SELECT position FROM parked WHERE consumer = ? AND settled = 1');
  }

  /** Undefined for a consumer that has never stored one. */
  position(consumer: string): { readonly log: string; readonly position: bigint } | undefined {
    const row = this.load.get(consumer) as { log: string; position: string } | undefined;
    return row === undefined ? undefined : { log: row.log, position: BigInt(row.position) };
  }

  positions(): readonly { readonly name: string; readonly position: bigint }[] {
    return (this.allPositions.all() as unknown as { name: string; position: string }[]).map(({ name, position }) => ({
      name,
      position: BigInt(position),
    }));
  }

  /** All of them in one transaction. */
  storePositions(log: string, positions: ReadonlyMap<string, bigint>): void {
    this.transaction(() => {
      for (const [name, position] of positions) {
        this.save.run(name, log, String(position));
        this.forgetSettled.run(name, String(position));
      }
    });
  }

  /** A message that is parked already stays as it is. */
  park(message: Omit<ParkedMessage, 'id'>): void {
    const { consumer, key, position, eventId, eventType, cause, attempts, parkedAt } = message;
    this.insertParked.run(consumer, key, String(position), eventId, eventType, cause, attempts, parkedAt);
  }

  failedAgain(message: ParkedMessage, cause: string, attempts: number): void {
    this.updateParked.run(cause, attempts, message.consumer, String(message.position));
  }

  /** Handled or given up. Kept until the consumer's stored position has passed it, so that a restart does not bring it back. */
  settle(message: ParkedMessage): void {
    this.settleParked.run(message.consumer, String(message.position));
  }

  parked(): readonly ParkedMessage[] {
    return (this.allParked.all() as unknown as ParkedRow[]).map(toParked);
  }

  find(id: string): ParkedMessage | undefined {
    const row = this.oneParked.get(id) as ParkedRow | undefined;
    return row === undefined ? undefined : toParked(row);
  }

  firstParked(consumer: string, key: string): ParkedMessage | undefined {
    const row = this.parkedOfKey.get(consumer, key) as ParkedRow | undefined;
    return row === undefined ? undefined : toParked(row);
  }

  parkedKeys(consumer: string): readonly string[] {
    return (this.keysOf.all(consumer) as unknown as { key: string }[]).map(({ key }) => key);
  }

  settledPositions(consumer: string): readonly bigint[] {
    return (this.settledOf.all(consumer) as unknown as { position: string }[]).map(({ position }) => BigInt(position));
  }

  close(): void {
    this.database.close();
  }

  private transaction(work: () => void): void {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.database.exec('COMMIT');
    } catch (error) {
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }
}

function toParked(row: ParkedRow): ParkedMessage {
  return { ...row, position: BigInt(row.position) };
}
