/** A GraphQL document with what goes in and what comes out. The spec beside it checks each against the schema. */
export interface Operation<Result, Variables> {
  readonly name: string;
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly text: string;
  /** Types only; never there. */
  readonly types?: (variables: Variables) => Result;
}

export function operation<Result, Variables>(text: string): Operation<Result, Variables> {
  const match = /\b(query|mutation|subscription)\s+(\w+)/.exec(text);
  if (match === null) throw new Error(`An operation without a name: ${text}`);
  return { name: match[2] ?? '', kind: match[1] as 'query' | 'mutation' | 'subscription', text };
}

/** A typed refusal of a mutation. */
export interface RefusedAnswer {
  readonly code: string;
  readonly message: string;
  readonly violations?: readonly { readonly path: string; readonly message: string; readonly code: string | null }[];
}

/** What every mutation that was carried out answers. */
export interface ChangeAnswer {
  readonly position: string | null;
  readonly visible: boolean;
}

export interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export const PAGE_INFO = 'pageInfo { hasNextPage endCursor }';
