import { executionEventTypes, type ExecutionEvent } from '@millrace/contracts/execution';
import type { RecordedEvent } from '@millrace/event-store';
import { absentExecution, evolveExecution, isFinished, type Execution } from '../../domain/execution.state.js';
import type { OpenExecution } from '../../application/workload.js';
import { hold } from './law.js';
import type { TrafficLaws } from './traffic.laws.js';

const JOB_ENDS: ReadonlySet<string> = new Set(['JobSucceeded', 'JobFailed', 'JobReturned', 'JobLost', 'JobEnded']);

type DataOf<T extends ExecutionEvent['type']> = Extract<ExecutionEvent, { type: T }>['data'];

/** One execution's facts. */
export class ExecutionLaws {
  retries = 0;
  private state: Execution = absentExecution;
  private readonly actions = new Map<string, 'running' | 'finished'>();
  private readonly jobs = new Map<string, 'offered' | 'leased' | 'ended'>();
  private readonly revisions = new Map<string, string>();
  private last: RecordedEvent | undefined;

  constructor(
    readonly executionId: string,
    readonly pipelineId: string,
    private readonly traffic: TrafficLaws,
  ) {}

  get current(): Execution {
    return this.state;
  }

  /** As the owner of the jobs knows it. */
  open(): OpenExecution | undefined {
    const { state, last, executionId, pipelineId } = this;
    if (state.status === 'absent' || last === undefined) return undefined;
    const { project, correlationId } = last.metadata;
    return { project, executionId, pipelineId, correlationId, state, revision: last.revision };
  }

  observe(recorded: RecordedEvent): void {
    const event = executionEventTypes.decode<ExecutionEvent>(recorded);
    this.check(event);
    this.state = evolveExecution(this.state, event);
    this.last = recorded;
  }

  private check(event: ExecutionEvent): void {
    switch (event.type) {
      case 'ExecutionStarted':
        return hold(this.state.status === 'absent', `${this.executionId} starts once`);
      case 'StageStarted':
        return this.checkStage(event.data);
      case 'StageRetried':
        this.retries += 1;
        hold(
          this.state.status === 'Failed' || this.state.status === 'Stopped',
          'only what failed or stopped is retried',
        );
        return this.checkInside(event.data.stage);
      case 'ActionStarted':
        return this.checkActionStarted(event.data);
      case 'ActionFinished':
        return this.checkActionFinished(event.data);
      case 'StageVacated':
        return this.checkVacated(event.data.stage);
      case 'ExecutionFinished':
        return this.checkFinished(event.data.status);
      case 'StageFinished':
      case 'StopRequested':
      case 'CancellationRequested':
        return hold(!this.finished, `nothing happens to ${this.executionId} when it is over`);
      case 'JobOffered':
      case 'JobLeased':
      case 'JobSucceeded':
      case 'JobFailed':
      case 'JobReturned':
      case 'JobLost':
      case 'JobRevoked':
      case 'JobEnded':
        return this.checkJob(event.type, event.data.jobId);
    }
  }

  private get finished(): boolean {
    return this.state.status !== 'absent' && isFinished(this.state);
  }

  private checkFinished(status: string): void {
    const { state } = this;
    hold(!this.finished, `${this.executionId} finishes once`);
    if (state.status === 'absent') return;
    const wanted = state.cancellation !== undefined ? 'Cancelled' : state.stop && 'Stopped';
    hold(wanted === undefined || wanted === status, `${this.executionId} ends as ${wanted}, not as ${status}`);
  }

  private checkStage({ stage }: DataOf<'StageStarted'>): void {
    const { state } = this;
    hold(state.status === 'InProgress', `a stage starts in an execution that runs, not in one that is ${state.status}`);
    const names = state.facts.stages.map(({ name }) => name);
    const before = state.stage === undefined ? -1 : names.indexOf(state.stage.name);
    hold(names[before + 1] === stage, `${stage} comes after ${state.stage?.name ?? 'nothing'}`);
    hold(state.stage === undefined || state.stage.vacated, 'the stage before was vacated');
    this.checkInside(stage);
  }

  private checkInside(stage: string): void {
    const passage = this.traffic.inside.get(stage);
    hold(passage?.executionId === this.executionId, `${this.executionId} runs in ${stage} because traffic let it in`);
    hold(!passage.vacated, `${this.executionId} has not left ${stage} again`);
  }

  private checkActionStarted({ stage, action, actionExecutionId, runOrder }: DataOf<'ActionStarted'>): void {
    const { state } = this;
    hold(
      state.status === 'InProgress',
      `${action} starts in an execution that runs, not in one that is ${state.status}`,
    );
    hold(state.cancellation === undefined, `${action} does not start in an execution that is being cancelled`);
    hold(!this.actions.has(actionExecutionId), `${action} starts once an attempt`);
    for (const { started, status } of state.stage?.runs.values() ?? [])
      hold(status !== 'InProgress' || started.runOrder === runOrder, 'one group at a time');
    this.checkInside(stage);
    this.actions.set(actionExecutionId, 'running');
  }

  private checkActionFinished({ action, actionExecutionId, revision }: DataOf<'ActionFinished'>): void {
    hold(this.actions.get(actionExecutionId) === 'running', `${action} finishes once`);
    this.actions.set(actionExecutionId, 'finished');
    if (revision === undefined || this.state.status === 'absent') return;
    const wanted =
      this.revisions.get(action) ??
      this.state.facts.sourceRevisions.find(({ actionName }) => actionName === action)?.revisionValue;
    hold(wanted === undefined || wanted === revision.revisionId, `${action} keeps its revision`);
    this.revisions.set(action, revision.revisionId);
  }

  private checkVacated(stage: string): void {
    const passage = this.traffic.inside.get(stage);
    hold(passage?.executionId === this.executionId, `${this.executionId} vacates ${stage}, where it is`);
    hold(!passage.vacated, `${this.executionId} vacates ${stage} once a passage`);
    for (const status of this.jobs.values()) hold(status !== 'leased', 'no job is at work in a stage that is vacated');
    passage.vacated = true;
  }

  private checkJob(type: string, jobId: string): void {
    const known = this.jobs.get(jobId);
    if (type === 'JobOffered') {
      hold(known === undefined, 'a job is offered once');
      hold(
        this.state.status === 'InProgress',
        `a job is offered in an execution that runs, not in one that is ${this.state.status}`,
      );
      this.jobs.set(jobId, 'offered');
    } else if (type === 'JobLeased') {
      hold(known === 'offered', 'a job is leased once, when it is offered');
      this.jobs.set(jobId, 'leased');
    } else if (JOB_ENDS.has(type)) {
      hold(known !== undefined && known !== 'ended', `${type}: a job ends once`);
      this.jobs.set(jobId, 'ended');
    }
  }
}
