import type { Category } from '@millrace/contracts';
import type { RecordedEvent } from '@millrace/event-store';
import type { CollectionDeclaration, Document, Projection } from '@millrace/read-models';
import { knownEvent, type KnownEvent } from '@millrace/contracts/known-event';

/** A projection over typed events and a typed document. */
export interface ViewProjection<D extends object> {
  readonly name: string;
  readonly collection: CollectionDeclaration;
  /** Events of other categories touch nothing and are not decoded. */
  readonly categories: readonly Category[];
  /** Key of the document within its project; undefined: the event does not touch the view. */
  readonly key: (event: KnownEvent, recorded: RecordedEvent) => string | undefined;
  readonly fold: (document: D | undefined, event: KnownEvent, recorded: RecordedEvent) => D | undefined;
}

/** The tenant is part of every key (decision 25). */
export function documentId(project: string, key: string): string {
  return `${project}/${key}`;
}

/** Documents are plain JSON by construction; the port's index signature can't see that of an interface, so it is asserted here once. */
export function viewProjection<D extends object>(view: ViewProjection<D>): Projection {
  const categories = new Set<Category>(view.categories);
  return {
    name: view.name,
    collection: view.collection,
    touches: (recorded) => {
      if (!categories.has(recorded.category)) return [];
      const key = view.key(knownEvent(recorded), recorded);
      return key === undefined ? [] : [documentId(recorded.metadata.project, key)];
    },
    fold: (document, recorded) =>
      view.fold(document as D | undefined, knownEvent(recorded), recorded) as Document | undefined,
  };
}

/** Changes the elements that match, keeps the others and their order. */
export function changeWhere<T>(list: readonly T[], matches: (item: T) => boolean, change: (item: T) => T): T[] {
  return list.map((item) => (matches(item) ? change(item) : item));
}

/** Without the members whose value is undefined, so that a view equals its fold after a round trip through JSON. */
export function compact<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
