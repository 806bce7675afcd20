import { createClient, type Client } from 'graphql-ws';
import { signedOut } from '../api/client.js';

/** `catching up`: the socket is open, and what was missed meanwhile is being read. `offline`: there is none. */
export type ConnectionState = 'catching up' | 'live' | 'offline';

/** Something that is followed for as long as a screen shows it. */
export interface Feed {
  readonly text: string;
  readonly operationName: string;
  /** Asked for anew at every connection: a cursor moves on. */
  variables(): Record<string, unknown>;
  next(data: unknown): void;
  /** Reads what the subscription alone would not tell, e.g. what is not there any more. After every connection. */
  refresh?(): Promise<void>;
  /** The platform refuses to go on with it, or it has come to its end. */
  ended?(error: string | undefined): void;
}

const RETRY_MS_MIN = 200;
const RETRY_MS_MAX = 5_000;
const PING_MS = 10_000;
const PONG_WITHIN_MS = 5_000;
const REFRESH_AGAIN_MS = 1_000;
/** Close codes by which the platform says that it does not know who we are. */
const WHO_ARE_YOU: readonly number[] = [4401, 4403];

/** The one socket (docs/decisions/0043, connection). */
export class Connection {
  #state: ConnectionState = 'catching up';
  #client: Client | undefined;
  #retryMs = RETRY_MS_MIN;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isOpen = false;
  readonly #feeds = new Map<Feed, () => void>();
  readonly #behind = new Set<Feed>();
  readonly #listeners = new Set<() => void>();
  readonly #url: string;
  readonly #wake = (): void => {
    if (document.visibilityState === 'visible' && this.#retry !== undefined) this.#connect();
  };

  constructor(url: string) {
    this.#url = url;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  start(): void {
    addEventListener('online', this.#wake);
    document.addEventListener('visibilitychange', this.#wake);
    this.#connect();
  }

  stop(): void {
    removeEventListener('online', this.#wake);
    document.removeEventListener('visibilitychange', this.#wake);
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const client = this.#client;
    this.#client = undefined;
    this.#isOpen = false;
    void client?.dispose();
  }

  /** Follows it now and after every connection to come. Returns how to stop that. */
  follow(feed: Feed): () => void {
    this.#feeds.set(feed, () => undefined);
    if (this.#isOpen) this.#subscribe(feed);
    // What is, is read at once, whatever becomes of the socket.
    feed.refresh?.().catch(() => undefined);
    return () => {
      this.#feeds.get(feed)?.();
      this.#feeds.delete(feed);
      this.#caughtUp(feed);
    };
  }

  #connect(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    let pong: ReturnType<typeof setTimeout> | undefined;
    const client = createClient({
      url: this.#url,
      lazy: false,
      retryAttempts: 0,
      keepAlive: PING_MS,
      onNonLazyError: () => undefined,
      on: {
        connected: () => this.#opened(client),
        closed: (event) => {
          clearTimeout(pong);
          this.#closed(client, (event as Partial<CloseEvent>).code);
        },
        ping: (received) => {
          if (!received) pong = setTimeout(() => client.terminate(), PONG_WITHIN_MS);
        },
        pong: (received) => {
          if (received) clearTimeout(pong);
        },
      },
    });
    this.#client = client;
  }

  #opened(client: Client): void {
    if (client !== this.#client) return;
    this.#retryMs = RETRY_MS_MIN;
    this.#isOpen = true;
    for (const feed of this.#feeds.keys()) {
      this.#behind.add(feed);
      this.#subscribe(feed);
      void this.#refresh(feed, client);
    }
    this.#say(this.#behind.size === 0 ? 'live' : 'catching up');
  }

  async #refresh(feed: Feed, client: Client): Promise<void> {
    while (client === this.#client && this.#feeds.has(feed) && feed.refresh !== undefined) {
      const done = await feed.refresh().then(
        () => true,
        () => false,
      );
      if (done) break;
      await new Promise((resolve) => setTimeout(resolve, REFRESH_AGAIN_MS));
    }
    if (client === this.#client) this.#caughtUp(feed);
  }

  #caughtUp(feed: Feed): void {
    this.#behind.delete(feed);
    if (this.#isOpen && this.#behind.size === 0) this.#say('live');
  }

  #closed(client: Client, code: number | undefined): void {
    if (client !== this.#client) return;
    this.#isOpen = false;
    this.#behind.clear();
    this.#say('offline');
    if (code !== undefined && WHO_ARE_YOU.includes(code)) return signedOut();
    this.#retry = setTimeout(() => this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
  }

  #subscribe(feed: Feed): void {
    const client = this.#client;
    if (client === undefined) return;
    const dispose = client.subscribe<Record<string, unknown>>(
      { query: feed.text, operationName: feed.operationName, variables: feed.variables() },
      {
        next: ({ data }) => {
          if (client === this.#client && data !== null && data !== undefined) feed.next(data);
        },
        error: (error) => {
          // A socket that broke is not the feed's end: it is followed again.
          if (Array.isArray(error)) feed.ended?.((error as readonly { readonly message: string }[])[0]?.message);
        },
        complete: () => feed.ended?.(undefined),
      },
    );
    this.#feeds.set(feed, dispose);
  }

  #say(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
