import type { Db, MongoClient, MongoClientOptions } from 'mongodb';
import { asOperational, closed, isCommandNotFound, timedOut } from './failures.js';

export interface MongoConnectionOptions {
  /** `mongodb://` or `mongodb+srv://`, with user, TLS and the database's name in it. */
  readonly connectionString: string;
  /** Default: the one that the connection string names, else `millrace`. */
  readonly database?: string;
  /** What one call may take. Default 5,000. */
  readonly timeoutMs?: number;
}

const DATABASE = 'millrace';
const TIMEOUT_MS = 5_000;

/** One pool of connections. Each call is bounded here: nothing in the driver bounds a call to a server that stands still. */
export class MongoConnection {
  private ended = false;

  private constructor(
    private readonly client: MongoClient,
    readonly database: Db,
    private readonly timeoutMs: number,
  ) {}

  /** @throws OperationalError when the server can't be reached (retryable) or denies access. */
  static async open(options: MongoConnectionOptions): Promise<MongoConnection> {
    const { connectionString, timeoutMs = TIMEOUT_MS } = options;
    // Loaded here, since it takes 30 MB, which the embedded product has no use for.
    const { MongoClient } = await import('mongodb');
    let isReplicated = false;
    for (;;) {
      const client = new MongoClient(connectionString, clientOptions(timeoutMs, isReplicated));
      const database = client.db(options.database ?? namedDatabase(connectionString));
      const connection = new MongoConnection(client, database, timeoutMs);
      try {
        await connection.read(() => client.connect());
        if (isReplicated || !(await connection.isReplicated())) return connection;
        // What a majority has is never taken back; only a server that is alone can't be asked for that.
        isReplicated = true;
        await connection.close();
      } catch (error) {
        await connection.close();
        throw error;
      }
    }
  }

  read<T>(work: (database: Db) => Promise<T>): Promise<T> {
    return this.bounded(work, false);
  }

  write<T>(work: (database: Db) => Promise<T>): Promise<T> {
    return this.bounded(work, true);
  }

  async close(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    // A server that stands still would keep us for as long as it likes.
    await bound(this.client.close(), this.timeoutMs, () => undefined).catch(() => undefined);
  }

  private async isReplicated(): Promise<boolean> {
    try {
      const hello = await this.read((database) => database.command({ hello: 1 }));
      return hello['setName'] !== undefined || hello['msg'] === 'isdbgrid';
    } catch (error) {
      if (isCommandNotFound((error as { cause?: unknown }).cause)) return false;
      throw error;
    }
  }

  private async bounded<T>(work: (database: Db) => Promise<T>, mayHaveHappened: boolean): Promise<T> {
    if (this.ended) throw closed();
    try {
      return await bound(work(this.database), this.timeoutMs, () => {
        throw timedOut(this.timeoutMs, mayHaveHappened);
      });
    } catch (error) {
      throw this.ended ? closed(error) : asOperational(error, mayHaveHappened);
    }
  }
}

function clientOptions(timeoutMs: number, isReplicated: boolean): MongoClientOptions {
  return {
    appName: 'millrace',
    writeConcern: { w: 'majority', wtimeoutMS: timeoutMs },
    ...(isReplicated && { readConcern: { level: 'majority' } }),
    readPreference: 'primary',
    // Positions go beyond 2^53.
    useBigInt64: true,
    connectTimeoutMS: timeoutMs,
    serverSelectionTimeoutMS: timeoutMs,
    waitQueueTimeoutMS: timeoutMs,
    // Our own bound comes first; this one gives a connection up that nothing comes over any more.
    socketTimeoutMS: timeoutMs * 2,
    heartbeatFrequencyMS: Math.min(timeoutMs, 2_000),
  };
}

function namedDatabase(connectionString: string): string {
  const path = /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]+)/.exec(connectionString)?.[1];
  return path === undefined ? DATABASE : decodeURIComponent(path);
}

/** The work goes on when it is given up: whatever it does late must be harmless. */
async function bound<T>(work: Promise<T>, timeoutMs: number, late: () => T): Promise<T> {
  work.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), timeoutMs);
  });
  try {
    const first = await Promise.race([work.then((value) => ({ value })), timeout]);
    return first === 'late' ? late() : first.value;
  } finally {
    clearTimeout(timer);
  }
}
