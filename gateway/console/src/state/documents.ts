import type { ApprovalState, ExecutionState, PipelineRow, PipelineState } from '../api/generated/operations.js';

/** What is shown live, by kind; `pipeline` by its name, the others by id. */
export interface Kinds {
  readonly row: PipelineRow;
  readonly pipeline: PipelineState;
  readonly execution: ExecutionState;
  readonly approval: ApprovalState;
}
export type Kind = keyof Kinds;

/** Listeners of a collection hear of many changes at once: after a frame where few come, less often while they come in heaps. */
const PAUSE_MS = 16;
const HEAP = 50;
const HEAP_PAUSE_MS = 200;

/**
 * The one place that holds what is shown: queries fill it, subscriptions and answers of mutations update it (docs/decisions/0043). A
 * document is whole, and one of an older position never replaces a newer one. Null: it is known that there is none.
 */
export class Documents {
  readonly #collections = new Map<Kind, Map<string, unknown>>();
  readonly #whole = new Set<Kind>();
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #snapshots = new Map<Kind, ReadonlyMap<string, unknown>>();
  /** Changes since the listeners were told last. */
  readonly #untold = new Map<Kind, number>();
  readonly #heaped = new Set<Kind>();

  /** @returns whether it was new. */
  put<K extends Kind>(kind: K, id: string, document: Kinds[K] | null): boolean {
    const collection = this.#collection(kind);
    const known = collection.get(id) as Kinds[K] | null | undefined;
    if (known !== undefined && known !== null && document !== null && isOlder(document.position, known.position))
      return false;
    collection.set(id, document);
    this.#changed(kind, id);
    return true;
  }

  remove(kind: Kind, id: string): void {
    if (this.#collection(kind).delete(id)) this.#changed(kind, id);
  }

  get<K extends Kind>(kind: K, id: string): Kinds[K] | null | undefined {
    return this.#collection(kind).get(id) as Kinds[K] | null | undefined;
  }

  /** The same map until something changes. */
  all<K extends Kind>(kind: K): ReadonlyMap<string, Kinds[K]> {
    const known = this.#snapshots.get(kind) ?? new Map(this.#collection(kind));
    this.#snapshots.set(kind, known);
    return known as ReadonlyMap<string, Kinds[K]>;
  }

  /** All of the kind were read once: what is not there does not exist. */
  setWhole(kind: Kind): void {
    this.#whole.add(kind);
    this.#changed(kind, '');
  }

  isWhole(kind: Kind): boolean {
    return this.#whole.has(kind);
  }

  /** @param id - one document's; without it, all of the kind. */
  listen(kind: Kind, id: string | undefined, listener: () => void): () => void {
    const key = keyOf(kind, id);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  #collection(kind: Kind): Map<string, unknown> {
    const collection = this.#collections.get(kind) ?? new Map<string, unknown>();
    this.#collections.set(kind, collection);
    return collection;
  }

  #changed(kind: Kind, id: string): void {
    this.#tell(keyOf(kind, id));
    const untold = this.#untold.get(kind);
    this.#untold.set(kind, (untold ?? 0) + 1);
    if (untold === undefined) setTimeout(() => this.#tellAll(kind), this.#heaped.has(kind) ? HEAP_PAUSE_MS : PAUSE_MS);
  }

  #tellAll(kind: Kind): void {
    const isHeap = (this.#untold.get(kind) ?? 0) > HEAP;
    this.#untold.delete(kind);
    this.#heaped.delete(kind);
    if (isHeap) this.#heaped.add(kind);
    this.#snapshots.delete(kind);
    this.#tell(keyOf(kind, undefined));
  }

  #tell(key: string): void {
    this.#listeners.get(key)?.forEach((listener) => listener());
  }
}

function keyOf(kind: Kind, id: string | undefined): string {
  return id === undefined ? kind : `${kind}/${id}`;
}

/** Positions are opaque but for their order: `<log>.<number>`. One of another log is another installation's, and replaces. */
export function isOlder(position: string, than: string): boolean {
  const [log, place] = split(position);
  const [otherLog, otherPlace] = split(than);
  return log === otherLog && place < otherPlace;
}

function split(position: string): readonly [string, number] {
  const dot = position.lastIndexOf('.');
  return [position.slice(0, dot), Number(position.slice(dot + 1))];
}
