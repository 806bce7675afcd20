import { createContext, useContext, useEffect, useMemo, useSyncExternalStore, type ReactNode } from 'react';
import type { SessionResult } from '../api/generated/operations.js';
import { Connection, type ConnectionState, type Feed } from './connection.js';
import { Documents, type Kind, type Kinds } from './documents.js';

export type Viewer = SessionResult['viewer'];

/** What every screen works with. */
export interface ConsoleState {
  readonly viewer: Viewer;
  readonly documents: Documents;
  readonly connection: Connection;
  readonly feeds: SharedFeeds;
  signOut(): Promise<void>;
}

/** A feed that several parts of a screen follow is followed once; and for a moment after the last: screens come and go. */
export class SharedFeeds {
  static readonly LINGER_MS = 3_000;
  readonly #open = new Map<string, { count: number; end: () => void; ending?: ReturnType<typeof setTimeout> }>();
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  follow(key: string, make: () => Feed): () => void {
    const open = this.#open.get(key) ?? { count: 0, end: this.#connection.follow(make()) };
    clearTimeout(open.ending);
    open.count += 1;
    this.#open.set(key, open);
    return () => {
      open.count -= 1;
      if (open.count > 0) return;
      open.ending = setTimeout(() => {
        this.#open.delete(key);
        open.end();
      }, SharedFeeds.LINGER_MS);
    };
  }
}

const Context = createContext<ConsoleState | undefined>(undefined);

export function ConsoleStateProvider({
  viewer,
  signOut,
  children,
}: {
  readonly viewer: Viewer;
  readonly signOut: () => Promise<void>;
  readonly children: ReactNode;
}) {
  const parts = useMemo(() => {
    const { protocol, host } = location;
    const connection = new Connection(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/graphql`);
    return { documents: new Documents(), connection, feeds: new SharedFeeds(connection) };
  }, []);
  useEffect(() => {
    parts.connection.start();
    return () => parts.connection.stop();
  }, [parts]);
  const state = useMemo(() => ({ ...parts, viewer, signOut }), [parts, viewer, signOut]);
  return <Context value={state}>{children}</Context>;
}

export function useConsole(): ConsoleState {
  const state = useContext(Context);
  if (state === undefined) throw new Error('This part stands outside of the console.');
  return state;
}

/** Whether the viewer may use a mutation: what one may not do is not offered. */
export function useMay(): (mutation: string) => boolean {
  const { viewer } = useConsole();
  return (mutation) => viewer.mutations.includes(mutation);
}

export function useConnectionState(): ConnectionState {
  const { connection } = useConsole();
  return useSyncExternalStore(
    (listener) => connection.listen(listener),
    () => connection.state,
  );
}

/** Whether what is shown is what is: buttons that decide are disabled while it may be old. */
export function useIsLive(): boolean {
  return useConnectionState() === 'live';
}

export function useFeed(key: string | undefined, make: () => Feed): void {
  const { feeds } = useConsole();
  useEffect(() => (key === undefined ? undefined : feeds.follow(key, make)), [feeds, key]);
}

/** Undefined: not known yet. Null: there is none. */
export function useDocument<K extends Kind>(kind: K, id: string): Kinds[K] | null | undefined {
  const { documents } = useConsole();
  return useSyncExternalStore(
    (listener) => documents.listen(kind, id, listener),
    () => documents.get(kind, id),
  );
}

export function useIsWhole(kind: Kind): boolean {
  const { documents } = useConsole();
  return useSyncExternalStore(
    (listener) => documents.listen(kind, undefined, listener),
    () => documents.isWhole(kind),
  );
}

export function useDocuments<K extends Kind>(kind: K): ReadonlyMap<string, Kinds[K]> {
  const { documents } = useConsole();
  return useSyncExternalStore(
    (listener) => documents.listen(kind, undefined, listener),
    () => documents.all(kind),
  );
}
