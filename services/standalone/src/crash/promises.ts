/** An event as the API tells it. */
export interface EventView {
  readonly position: string;
  readonly type: string;
  readonly category: string;
  readonly executionId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A change that somebody was told is made. */
export interface Acknowledged {
  readonly what: string;
  readonly position: string;
  /** The kind of event that stands there. */
  readonly type: string;
}

/** All that is known when a run is over. */
export interface Aftermath {
  readonly executionId: string;
  /** How the execution stands. */
  readonly status: string;
  readonly events: readonly EventView[];
  readonly acknowledged: readonly Acknowledged[];
  /** One line for each time an action really began to work: its action execution's id. */
  readonly effects: readonly string[];
  /** What the release directory serves; undefined: nothing. */
  readonly served: string | undefined;
  /** What it must serve once the deployment has succeeded. */
  readonly released: string;
}

/** Ways for a job to end of which its runner itself has told. */
const REPORTED: readonly string[] = ['JobSucceeded', 'JobFailed', 'JobReturned'];
const OVER: readonly string[] = ['Succeeded', 'Failed'];
/** Causes of a failure that a blow may have; anything else is a defect. */
const EXCUSES: readonly string[] = ['RunnerLost'];

/** Every promise that the run has broken, for people; empty: all are kept. */
export function brokenPromises(aftermath: Aftermath): readonly string[] {
  return [
    ...lostAcknowledgements(aftermath),
    ...unexplainedEnd(aftermath),
    ...miscountedEffects(aftermath),
    ...doubledFacts(aftermath),
    ...wrongRelease(aftermath),
  ];
}

function lostAcknowledgements({ acknowledged, events }: Aftermath): readonly string[] {
  const types = new Map(events.map(({ position, type }) => [position, type]));
  return acknowledged
    .filter(({ position, type }) => types.get(position) !== type)
    .map(
      ({ what, position, type }) =>
        `${what} was acknowledged as ${type} at ${position}, where the log has ${types.get(position) ?? 'nothing'}`,
    );
}

function unexplainedEnd({ status, events, executionId }: Aftermath): readonly string[] {
  if (!OVER.includes(status)) return [`execution ${executionId} is ${status} and not over`];
  if (status !== 'Failed') return [];
  const failures = events.filter(
    ({ type, data }) => type === 'ActionFinished' && data['status'] === 'Failed' && !EXCUSES.includes(codeOf(data)),
  );
  return failures.map(
    ({ data }) => `action ${String(data['action'])} failed as ${codeOf(data)}, which no blow explains`,
  );
}

function codeOf(data: Readonly<Record<string, unknown>>): string {
  return String((data['error'] as { readonly code?: string } | undefined)?.code);
}

/** An attempt begins at most as often as its job was leased, and at least as often as a runner has reported its end. */
function miscountedEffects({ events, effects }: Aftermath): readonly string[] {
  const worked = new Set(
    events
      .filter(({ type, data }) => type === 'ActionStarted' && categoryOf(data) !== 'Source' && data['work'] === 'job')
      .map(({ data }) => String(data['actionExecutionId'])),
  );
  const strangers = effects.filter((id) => !worked.has(id)).map((id) => `${id} has worked and was never started`);
  const miscounts = [...worked].flatMap((id) => {
    const of = (types: readonly string[]): number =>
      events.filter(({ type, data }) => types.includes(type) && data['actionExecutionId'] === id).length;
    const [times, leased, reported] = [effects.filter((each) => each === id).length, of(['JobLeased']), of(REPORTED)];
    if (times <= leased && times >= reported) return [];
    return [`${id} has worked ${times} times; its jobs were leased ${leased} times and reported ${reported} times`];
  });
  return [...strangers, ...miscounts];
}

function categoryOf(data: Readonly<Record<string, unknown>>): unknown {
  return (data['actionTypeId'] as { readonly category?: string } | undefined)?.category;
}

/** What is asked for once happens once, however often it was repeated. */
function doubledFacts({ events }: Aftermath): readonly string[] {
  return ['PipelineCreated', 'ExecutionAdmitted', 'ExecutionStarted', 'ApprovalGranted'].flatMap((wanted) => {
    const count = events.filter(({ type }) => type === wanted).length;
    // An approval is asked for only where the execution has come so far.
    return count > 1 || (count === 0 && wanted !== 'ApprovalGranted') ? [`${wanted} happened ${count} times`] : [];
  });
}

function wrongRelease({ status, served, released }: Aftermath): readonly string[] {
  return status === 'Succeeded' && served !== released
    ? [`the release directory serves ${JSON.stringify(served)} instead of ${JSON.stringify(released)}`]
    : [];
}
