import { operation, PAGE_INFO, type Page, type RefusedAnswer } from './operation.js';
import { ACTOR, type Actor } from './values.js';

type Answer<Accepted> = { readonly answer: Accepted | RefusedAnswer };
const REFUSAL = '... on Refusal { code message }';

export interface EventFilter {
  readonly types?: readonly string[];
  readonly categories?: readonly string[];
  readonly pipeline?: string;
  readonly executionId?: string;
  readonly actorId?: string;
  readonly correlationId?: string;
}

export interface EventRow {
  readonly id: string;
  readonly position: string;
  readonly type: string;
  readonly version: number;
  readonly category: string;
  readonly stream: string;
  readonly revision: number;
  readonly time: string;
  readonly actor: Actor & { readonly issuer: string; readonly onBehalfOf: Actor | null };
  readonly project: string;
  readonly pipelineId: string | null;
  readonly executionId: string | null;
  readonly commandId: string;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly data: unknown;
  readonly hash: string;
}

const EVENT_ROW = `
  id position type version category stream revision time
  actor { ${ACTOR} issuer onBehalfOf { ${ACTOR} } }
  project pipelineId executionId commandId correlationId causationId data hash
`;

export const EVENTS = operation<
  { readonly events: Page<EventRow> },
  {
    readonly after?: string | undefined;
    readonly before?: string | undefined;
    readonly filter: EventFilter;
    readonly first: number;
  }
>(`
  query Events($after: Position, $before: Position, $filter: EventFilter, $first: Int) {
    events(after: $after, before: $before, filter: $filter, first: $first) { nodes { ${EVENT_ROW} } ${PAGE_INFO} }
  }`);

export const EVENT_APPENDED = operation<
  { readonly eventAppended: EventRow },
  { readonly after?: string | undefined; readonly filter: EventFilter }
>(`
  subscription EventAppended($after: Position, $filter: EventFilter) {
    eventAppended(after: $after, filter: $filter) { ${EVENT_ROW} }
  }`);

export interface ParkedRow {
  readonly id: string;
  readonly consumer: string;
  readonly key: string;
  readonly position: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly cause: string;
  readonly attempts: number;
  readonly parkedAt: string;
}
const PARKED_ROW = 'id consumer key position eventId eventType cause attempts parkedAt';

export interface PlatformView {
  readonly version: string;
  readonly nodeVersion: string;
  readonly logId: string;
  readonly head: string;
  readonly headHash: string;
  readonly startedAt: string;
  readonly projections: readonly {
    readonly name: string;
    readonly checkpoint: string;
    readonly lag: number;
    readonly stoppedAt: string | null;
    readonly stoppedBy: string | null;
  }[];
  readonly consumers: readonly {
    readonly name: string;
    readonly position: string;
    readonly lag: number;
    readonly parked: number;
  }[];
  readonly parked: readonly ParkedRow[];
  readonly runners: readonly {
    readonly id: string;
    readonly name: string;
    readonly labels: readonly string[];
    readonly jobs: number;
    readonly lastSeenAt: string;
  }[];
  readonly jobsOffered: number;
  readonly jobsLeased: number;
  readonly disk: { readonly totalBytes: number; readonly freeBytes: number } | null;
}

export const PLATFORM = operation<{ readonly platform: PlatformView }, Record<string, never>>(`
  query Platform {
    platform {
      version nodeVersion logId head headHash startedAt
      projections { name checkpoint lag stoppedAt stoppedBy }
      consumers { name position lag parked }
      parked { ${PARKED_ROW} }
      runners { id name labels jobs lastSeenAt }
      jobsOffered jobsLeased
      disk { totalBytes freeBytes }
    }
  }`);

export const HEAD = operation<{ readonly platform: Pick<PlatformView, 'head'> }, Record<string, never>>(`
  query Head { platform { head } }`);

export const PARKED = operation<{ readonly platform: Pick<PlatformView, 'parked'> }, Record<string, never>>(`
  query Parked { platform { parked { ${PARKED_ROW} } } }`);

export const PROJECTIONS = operation<
  { readonly platform: { readonly projections: readonly { readonly name: string }[] } },
  Record<string, never>
>(`query Projections { platform { projections { name } } }`);

export const RETRY_PARKED = operation<Answer<{ readonly id: string }>, { input: { readonly id: string } }>(`
  mutation RetryParked($input: ParkedInput!) { answer: retryParked(input: $input) { ... on ParkedSettled { id } ${REFUSAL} } }`);

export const DROP_PARKED = operation<Answer<{ readonly id: string }>, { input: { readonly id: string } }>(`
  mutation DropParked($input: ParkedInput!) { answer: dropParked(input: $input) { ... on ParkedSettled { id } ${REFUSAL} } }`);

export const REBUILD_PROJECTION = operation<
  Answer<{ readonly name: string; readonly documents: number; readonly durationMs: number }>,
  { input: { readonly name: string } }
>(`
  mutation RebuildProjection($input: RebuildProjectionInput!) {
    answer: rebuildProjection(input: $input) { ... on ProjectionRebuilt { name documents durationMs } ${REFUSAL} }
  }`);
