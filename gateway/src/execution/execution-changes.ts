import { NAMESPACES, uuidV5 } from '@millrace/decider';
import type { Fact, JsonObject } from '@millrace/contracts';
import type { StartExecution, Trigger } from '@millrace/contracts/execution';
import type { PipelineQuery } from '../pipeline-definition/pipeline.query.js';
import type { RequestContext } from '../ports.js';
import type { StoredView } from '../views/connection.js';
import type { Accepted, Mutations, Settled, Wish } from '../views/mutations.js';
import type { ExecutionDocument } from './execution.document.js';
import type {
  LookAtSourceInput,
  RetryStageInput,
  StartExecutionInput,
  StopExecutionInput,
  TransitionInput,
} from './execution-inputs.js';
import type { ExecutionQuery } from './execution.query.js';

/** What became of an execution that somebody wanted started, stopped or retried. */
export type Change =
  | {
      readonly accepted: true;
      readonly executionId: string;
      readonly settled: Accepted;
      /** As every query sees it; undefined while it is not visible. */
      readonly execution: StoredView<ExecutionDocument> | undefined;
    }
  | Extract<Settled, { accepted: false }>;

/** Commands to traffic, executions and sources, as a caller wants them. */
export class ExecutionChanges {
  constructor(
    private readonly mutations: Mutations,
    private readonly executions: ExecutionQuery,
    private readonly pipelines: PipelineQuery,
  ) {}

  async start(context: RequestContext, input: StartExecutionInput): Promise<Change> {
    const { viewer } = context;
    // A start without a token is a start of its own.
    const clientToken = this.mutations.token(input.clientToken);
    const trigger: Trigger = { type: 'StartPipelineExecution', detail: viewer.actor.name };
    const { pipeline: pipelineName, variables, sourceRevisions } = input;
    const data: StartExecution = { pipelineName, clientToken, trigger, variables, sourceRevisions };
    const settled = await this.mutations.settle(context, {
      operation: 'startExecution',
      subject: pipelineName,
      clientToken,
      command: () => ({ target: 'traffic', type: 'StartExecution', data: plain(data) }),
    });
    if (!settled.accepted) return settled;
    const started = admittedBy(settled.events) ?? (await this.idByToken(viewer.project, pipelineName, clientToken));
    return this.changed(context, started, settled);
  }

  async stop(context: RequestContext, input: StopExecutionInput): Promise<Change> {
    const { executionId, abandon, reason, clientToken } = input;
    const known = await this.executions.byId(context.viewer.project, executionId);
    const settled = await this.mutations.settle(context, {
      operation: 'stopExecution',
      subject: executionId,
      clientToken,
      executionId,
      pipelineId: known?.document.pipelineId,
      command: () => ({
        target: 'execution',
        type: 'StopExecution',
        data: { executionId, abandon, ...(reason === undefined ? {} : { reason }) },
      }),
    });
    return settled.accepted ? this.changed(context, executionId, settled) : settled;
  }

  async retry(context: RequestContext, input: RetryStageInput): Promise<Change> {
    const { pipeline, executionId, stage, mode, clientToken } = input;
    const settled = await this.mutations.settle(context, {
      operation: 'retryStage',
      subject: `${executionId} ${stage}`,
      clientToken,
      executionId,
      command: () => ({
        target: 'traffic',
        type: 'RetryStage',
        data: { pipelineName: pipeline, executionId, stage, mode },
      }),
    });
    return settled.accepted ? this.changed(context, executionId, settled) : settled;
  }

  enable(context: RequestContext, input: TransitionInput): Promise<Settled> {
    return this.mutations.settle(context, transitionWish(input, 'EnableTransition', {}));
  }

  disable(context: RequestContext, input: TransitionInput & { readonly reason: string }): Promise<Settled> {
    return this.mutations.settle(context, transitionWish(input, 'DisableTransition', { reason: input.reason }));
  }

  /** Nothing is recorded unless the look finds something new. */
  look(context: RequestContext, input: LookAtSourceInput): Promise<Settled> {
    const { pipeline: pipelineName, actionName, clientToken } = input;
    return this.mutations.settle(context, {
      operation: 'lookAtSource',
      subject: `${pipelineName} ${actionName ?? ''}`,
      clientToken,
      command: () => ({
        target: 'source',
        type: 'RequestLook',
        data: { pipelineName, ...(actionName === undefined ? {} : { actionName }) },
      }),
    });
  }

  /** The execution that this token has admitted before: it is named by its pipeline and the token (docs/decisions/0010). */
  private async idByToken(project: string, pipelineName: string, clientToken: string): Promise<string> {
    const pipeline = await this.pipelines.byName(project, pipelineName);
    return uuidV5(NAMESPACES.execution, pipeline?.document.pipelineId ?? '', clientToken);
  }

  private async changed(context: RequestContext, executionId: string, settled: Accepted): Promise<Change> {
    const execution = settled.visible ? await this.executions.byId(context.viewer.project, executionId) : undefined;
    return { accepted: true, executionId, settled, execution };
  }
}

function transitionWish(
  { pipeline, stage, transitionType, clientToken }: TransitionInput,
  type: 'EnableTransition' | 'DisableTransition',
  more: JsonObject,
): Wish {
  return {
    operation: type,
    subject: `${pipeline} ${stage} ${transitionType}`,
    clientToken,
    command: () => ({ target: 'traffic', type, data: { pipelineName: pipeline, stage, transitionType, ...more } }),
  };
}

function admittedBy(events: readonly Fact[]): string | undefined {
  const admitted = events.find(({ type }) => type === 'ExecutionAdmitted');
  return (admitted?.data as { readonly executionId: string } | undefined)?.executionId;
}

/** Commands carry plain JSON; the contract's types only lack the index signature. */
function plain(data: object): JsonObject {
  return data as JsonObject;
}
