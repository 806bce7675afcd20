import type { Api } from './api.js';
import { until } from './wait.js';

/** An execution, as far as tests look at it. */
export interface ExecutionView {
  readonly id: string;
  readonly status: string;
  readonly summary: string | null;
  readonly trigger: { readonly type: string; readonly detail: string };
  readonly supersededBy: string | null;
  readonly waiting: { readonly stage: string; readonly cause: string } | null;
  readonly sourceRevisions: readonly { readonly revision: { readonly revisionId: string } }[];
  readonly stages: readonly StageView[];
}

export interface StageView {
  readonly name: string;
  readonly status: string | null;
  readonly actions: readonly { readonly name: string; readonly attempts: readonly AttemptView[] }[];
}

export interface AttemptView {
  readonly id: string;
  readonly attempt: number;
  readonly status: string;
  readonly work: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly jobs: readonly { readonly status: string }[];
}

const EXECUTION = `id status summary trigger { type detail } supersededBy waiting { stage cause }
  sourceRevisions { revision { revisionId } }
  stages { name status actions { name attempts { id attempt status work error { code message } jobs { status } } } }`;

/** Statuses that an execution keeps until somebody retries it. */
const OVER: readonly string[] = ['Stopped', 'Succeeded', 'Superseded', 'Failed', 'Cancelled'];

export async function executionOf(api: Api, id: string): Promise<ExecutionView | undefined> {
  const { execution } = await api.query<{ readonly execution: ExecutionView | null }>(
    `query ($id: ID!) { execution(id: $id) { ${EXECUTION} } }`,
    { id },
  );
  return execution ?? undefined;
}

/** Latest first. */
export async function executionsOf(api: Api, pipeline: string): Promise<readonly ExecutionView[]> {
  const { executions } = await api.query<{ readonly executions: { readonly nodes: readonly ExecutionView[] } }>(
    `query ($pipeline: String!) { executions(pipeline: $pipeline, first: 20) { nodes { ${EXECUTION} } } }`,
    { pipeline },
  );
  return executions.nodes;
}

/** Waits until the execution is over, whichever way. */
export async function over(api: Api, id: string): Promise<ExecutionView> {
  let seen: ExecutionView | undefined;
  try {
    return await until(`the end of execution ${id}`, async () => {
      seen = await executionOf(api, id);
      return seen !== undefined && OVER.includes(seen.status) && seen;
    });
  } catch (error) {
    throw new Error(`Execution ${id} does not end: ${JSON.stringify(seen, undefined, 1)}`, { cause: error });
  }
}

/** Waits until the execution is as wanted. */
export async function executionThat(
  api: Api,
  id: string,
  wanted: string,
  test: (execution: ExecutionView) => boolean,
): Promise<ExecutionView> {
  let seen: ExecutionView | undefined;
  try {
    return await until(`execution ${id}: ${wanted}`, async () => {
      seen = await executionOf(api, id);
      return seen !== undefined && test(seen) && seen;
    });
  } catch (error) {
    throw new Error(`Execution ${id} is not as wanted (${wanted}): ${JSON.stringify(seen, undefined, 1)}`, {
      cause: error,
    });
  }
}

export function attemptsOf(execution: ExecutionView, stage: string, action: string): readonly AttemptView[] {
  const found = execution.stages.find(({ name }) => name === stage)?.actions.find(({ name }) => name === action);
  return found?.attempts ?? [];
}

export function stageStatus(execution: ExecutionView, stage: string): string | null | undefined {
  return execution.stages.find(({ name }) => name === stage)?.status;
}

/** Waits until the execution asks for an answer. @returns the approval's token. */
export async function approvalToken(api: Api, executionId: string): Promise<string> {
  interface Page {
    readonly approvals: { readonly nodes: readonly { readonly token: string | null; readonly executionId: string }[] };
  }
  return until(`an approval that execution ${executionId} waits for`, async () => {
    const { approvals } = await api.query<Page>(
      '{ approvals(pending: true, first: 100) { nodes { token executionId } } }',
    );
    return approvals.nodes.find((each) => each.executionId === executionId)?.token ?? undefined;
  });
}

export async function answer(api: Api, executionId: string, result: 'Approved' | 'Rejected'): Promise<void> {
  const token = await approvalToken(api, executionId);
  await api.change('castVote', { token, result, summary: `${result} by a test` });
}

/** @returns the execution's id. */
export async function startExecution(api: Api, pipeline: string, more: object = {}): Promise<string> {
  const { executionId } = await api.change('startExecution', { pipeline, ...more });
  if (executionId === undefined) throw new Error('An execution was started and has no id.');
  return executionId;
}

/**
 * Creates a pipeline whose sources are not polled, which starts it at once.
 *
 * @returns the id of that first execution.
 */
export async function createAndStart(api: Api, definition: { readonly name?: unknown }): Promise<string> {
  await api.change('createPipeline', { definition });
  return until(`the first execution of ${String(definition.name)}`, async () => {
    const [first] = await executionsOf(api, String(definition.name));
    return first?.id;
  });
}
