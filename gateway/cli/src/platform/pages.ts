import type { Page } from './operation.js';

export const PAGE_SIZE = 100;

/** The nodes of a list, page by page, as many as are wanted. */
export async function* nodesOf<Node>(
  read: (first: number, after: string | undefined) => Promise<Page<Node>>,
  limit: number,
  pageSize = PAGE_SIZE,
): AsyncGenerator<Node, void, undefined> {
  let left = limit;
  let after: string | undefined;
  while (left > 0) {
    const page = await read(Math.min(pageSize, left), after);
    for (const node of page.nodes.slice(0, left)) {
      left -= 1;
      yield node;
    }
    if (!page.pageInfo.hasNextPage || page.pageInfo.endCursor === null) return;
    after = page.pageInfo.endCursor;
  }
}
