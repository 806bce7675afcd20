import type { Document } from '@millrace/read-models';
import { liveIterator } from '../live/live-iterator.js';
import type { DocumentChange, LiveFeed, LiveIterator } from '../ports.js';
import type { ViewItem, ViewPage } from './connection.js';

/** A document as it is now; undefined when it is not there (any more). */
export interface LiveView<D> {
  readonly id: string;
  readonly position: bigint;
  readonly document: D | undefined;
}

export function liveView<D>(change: DocumentChange): LiveView<D> {
  return { id: change.id, position: change.position, document: change.document as D | undefined };
}

/**
 * What is there, page by page, then what changes. The feed is opened before the first page is read, so that nothing falls between; a
 * document may come twice, which a view of states can bear.
 */
export function backlogThenLive<D>(
  feed: Pick<LiveFeed, 'watch'>,
  selection: { readonly collection: string; readonly idPrefix: string },
  page: (after: string | undefined) => Promise<ViewPage<D>>,
): LiveIterator<LiveView<D>> {
  const source = feed.watch<Document>(selection);
  const waiting: ViewItem<D>[] = [];
  let backlog: { readonly after: string | undefined } | undefined = { after: undefined };
  const pull = async (): Promise<LiveView<D> | undefined> => {
    for (;;) {
      const item = waiting.shift();
      if (item !== undefined) return item;
      if (backlog === undefined) break;
      const next = await page(backlog.after);
      waiting.push(...next.items);
      backlog = next.hasMore ? { after: next.endCursor ?? next.items.at(-1)?.cursor } : undefined;
    }
    const result = await source.next();
    return result.done === true ? undefined : liveView<D>(result.value);
  };
  return liveIterator(pull, () => void source.return());
}
