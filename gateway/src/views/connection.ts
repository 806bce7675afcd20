import type { Page, StoredDocument } from '@millrace/read-models';

/** A Relay connection over keyset pages. */
export interface Connection<N> {
  readonly edges: readonly { readonly cursor: string; readonly node: N }[];
  readonly nodes: readonly N[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** A page of typed documents. `endCursor` where reading went on behind the last item, e.g. because a search skipped some. */
export interface ViewPage<D> {
  readonly items: readonly ViewItem<D>[];
  readonly hasMore: boolean;
  readonly endCursor?: string;
}

export interface ViewItem<D> {
  readonly id: string;
  readonly position: bigint;
  readonly document: D;
  readonly cursor: string;
}

/** Which part of a list is wanted. */
export interface PageWish {
  readonly first: number;
  readonly after?: string | undefined;
}

export function toConnection<D, N>(
  page: ViewPage<D>,
  wish: PageWish,
  present: (item: ViewItem<D>) => N,
): Connection<N> {
  const edges = page.items.map((item) => ({ cursor: item.cursor, node: present(item) }));
  return {
    edges,
    nodes: edges.map((edge) => edge.node),
    pageInfo: {
      hasNextPage: page.hasMore,
      hasPreviousPage: wish.after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: page.endCursor ?? edges.at(-1)?.cursor ?? null,
    },
  };
}

/** The read store's documents are what our projections made of them. */
export function viewPage<D>(page: Page): ViewPage<D> {
  return page as unknown as ViewPage<D>;
}

export type StoredView<D> = Omit<StoredDocument, 'document'> & { readonly document: D };

export function storedView<D>(stored: StoredDocument | undefined): StoredView<D> | undefined {
  return stored as unknown as StoredView<D> | undefined;
}
