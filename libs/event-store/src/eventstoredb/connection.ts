import type { EventStoreDBClient, ResolvedEvent, StreamingRead } from '@eventstore/db-client';
import type * as Driver from '@eventstore/db-client';
import { OperationalError, type Timers } from '@millrace/runtime';
import { storeClosed, timedOut } from './failures.js';

/** The driver's own deadline, which holds where the server lives: after ours, so that a call without an answer counts as one. */
const DRIVER_LATER_MS = 1_000;
/** Calls in a row without an answer after which the connection itself is suspected, and made anew: to whoever leads now. */
const SILENT_CALLS_MAX = 3;

/** The parts of the client that are not public; what for is said where they are used. */
interface ClientInside {
  handleError: (client: unknown, error: unknown) => Promise<void>;
  supports: () => Promise<boolean>;
  getChannel: () => Promise<{ close(): void }>;
}

export interface ConnectionOptions {
  readonly connectionString: string;
  readonly timeoutMs: number;
  readonly timers: Timers;
}

/** One client of the driver, every call of it bounded by our own clock: the driver's deadlines do not hold on a frozen server. */
export class Connection {
  private current: EventStoreDBClient;
  private silentCalls = 0;
  /** What is under way, by how it is given up, and on which client. */
  private readonly underWay = new Map<(reason: Error) => void, EventStoreDBClient>();
  private isClosed = false;

  /** Loads the driver, which costs 29 MB, only where it is used. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    return new Connection(await import('@eventstore/db-client'), options);
  }

  private constructor(
    readonly driver: typeof Driver,
    private readonly options: ConnectionOptions,
  ) {
    this.current = this.connect();
  }

  /** Of now: another one after the connection was suspected. */
  get client(): EventStoreDBClient {
    return this.current;
  }

  /** A call with one answer. Rejects with `STORE_TIMEOUT` in time; the call itself may then still take effect. */
  call<T>(send: (client: EventStoreDBClient, deadlineMs: number) => Promise<T>): Promise<T> {
    return this.bounded((client, resolve, reject) => {
      send(client, this.options.timeoutMs + DRIVER_LATER_MS).then(resolve, reject);
      return () => undefined;
    });
  }

  /** All that a read gives, which its caller has bounded. */
  collect<E extends ResolvedEvent>(read: (client: EventStoreDBClient) => StreamingRead<E>): Promise<readonly E[]> {
    return this.bounded((client, resolve, reject) => {
      const events: E[] = [];
      const reading = read(client);
      reading.on('data', (event: E) => events.push(event));
      reading.on('end', () => resolve(events));
      // Stays when the read was given up: an error that nobody listens to would end the process.
      reading.on('error', reject);
      return () => {
        reading.cancel().catch(() => undefined);
        reading.destroy();
      };
    });
  }

  /** Nothing is answered any more; lets go of the socket, however long the driver takes for it where no server is. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.giveUpOn(this.current, storeClosed());
    void release(this.current);
  }

  private bounded<T>(begin: Begin<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) throw storeClosed();
      const client = this.current;
      let isOver = false;
      let abandon = (): void => undefined;
      const settle = (outcome: () => void): void => {
        // What was given up ends too, in its own time; that is no answer.
        if (isOver) return;
        isOver = true;
        timer.cancel();
        this.underWay.delete(giveUp);
        outcome();
      };
      const answered = (outcome: () => void): void =>
        settle(() => {
          if (client === this.current) this.silentCalls = 0;
          outcome();
        });
      const giveUp = (reason: Error): void => {
        settle(() => reject(reason));
        abandon();
      };
      const timer = this.options.timers.after(this.options.timeoutMs, () => {
        giveUp(timedOut(this.options.timeoutMs));
        this.suspect(client);
      });
      this.underWay.set(giveUp, client);
      try {
        abandon = begin(
          client,
          (value) => answered(() => resolve(value)),
          (error) => answered(() => reject(error)),
        );
      } catch (error) {
        settle(() => reject(error));
      }
    });
  }

  private suspect(client: EventStoreDBClient): void {
    if (client !== this.current || this.isClosed) return;
    this.silentCalls += 1;
    if (this.silentCalls < SILENT_CALLS_MAX) return;
    this.silentCalls = 0;
    try {
      this.current = this.connect();
    } catch {
      // A certificate that is being replaced: the old client stays until the next suspicion.
      return;
    }
    this.giveUpOn(client, timedOut(this.options.timeoutMs));
    void release(client);
  }

  /** Before its streams are cancelled: a cancelled read ends like one that has given everything. */
  private giveUpOn(client: EventStoreDBClient, reason: Error): void {
    for (const [giveUp, of] of [...this.underWay]) if (of === client) giveUp(reason);
  }

  private connect(): EventStoreDBClient {
    const client = parsed(this.options.connectionString, (text) =>
      this.driver.EventStoreDBClient.connectionString(text),
    );
    // The driver would send all appends of a process through one call and one table that its clients share: an error of one clears it for
    // all, and an answer that comes after that throws where nobody can catch it, which ends the process. With this each append is a call
    // of its own (Append instead of BatchAppend). It also spares a question at the start that the driver asks without any bound.
    const inside = insideOf(client);
    inside.supports = () => Promise.resolve(false);
    // Nobody waits for this of the driver's, and it fails with the search for a leader: a rejection without a handler ends the process.
    const { handleError } = inside;
    inside.handleError = (of, error) => handleError(of, error).catch(() => undefined);
    return client;
  }
}

type Begin<T> = (
  client: EventStoreDBClient,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
) => () => void;

function insideOf(client: EventStoreDBClient): ClientInside {
  return client as unknown as ClientInside;
}

/** `dispose` ends the streams and leaves the socket open. */
async function release(client: EventStoreDBClient): Promise<void> {
  try {
    // Not awaited: it waits for the server's side of every stream.
    client.dispose().catch(() => undefined);
    (await insideOf(client).getChannel()).close();
  } catch {
    // Nothing was connected.
  }
}

/** The driver's own message holds the string, and so a password. */
function parsed<T>(connectionString: string, parse: (text: string) => T): T {
  try {
    return parse(connectionString);
  } catch (error) {
    const isFile = Error.isError(error) && /^Failed to load certificate|^userCertFile must/.test(error.message);
    throw new OperationalError(
      `The connection string of the event store is not usable${isFile ? `: ${error.message}` : ': esdb://user:password@host:2113?tls=true is expected'}`,
      { retryable: false, code: 'STORE_ADDRESS' },
    );
  }
}
