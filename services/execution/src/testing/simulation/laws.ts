import { sourceEventTypes, type SourceEvent } from '@millrace/contracts/execution';
import { pipelineEventTypes, type PipelineEvent } from '@millrace/contracts/pipeline-definition';
import type { RecordedEvent } from '@millrace/event-store';
import { hasRevokedJobs, isFinished, type KnownExecution } from '../../domain/execution.state.js';
import { sourceDecider, type Source } from '../../domain/source.decider.js';
import { ExecutionLaws } from './execution.laws.js';
import { hold } from './law.js';
import { TrafficLaws } from './traffic.laws.js';

/** Everything that must hold, after each append and whenever nothing is under way. */
export class Laws {
  readonly executions = new Map<string, ExecutionLaws>();
  private readonly traffics = new Map<string, TrafficLaws>();
  /** By pipelineId; 0 for one that was deleted. */
  private readonly versions = new Map<string, number>();
  private readonly sources = new Map<string, Source>();

  observe(recorded: RecordedEvent): void {
    const { pipelineId } = recorded.metadata;
    if (pipelineId === undefined) throw new Error(`${recorded.type} belongs to no pipeline.`);
    if (recorded.category === 'pipeline') this.observeDefinition(recorded);
    if (recorded.category === 'traffic') this.trafficOf(pipelineId).observe(recorded);
    if (recorded.category === 'source') this.observeSource(recorded);
    if (recorded.category === 'execution') this.executionOf(recorded, pipelineId).observe(recorded);
  }

  /** Nothing can be delivered: everybody is over, or has a named cause to wait for. */
  atRest(): void {
    for (const traffic of this.traffics.values()) this.trafficAtRest(traffic);
    for (const execution of this.executions.values()) this.executionAtRest(execution);
  }

  /** After all runners and people have answered, too. */
  atTheEnd(stages: number): void {
    for (const traffic of this.traffics.values()) {
      hold(traffic.inside.size === 0, 'nobody is inside at the end');
      for (const [stage, { cause }] of traffic.waiting)
        hold(cause !== 'locked', `nobody waits before ${stage} when it is free`);
      hold(traffic.kept <= 2 * stages, `the state forgets who is over; it keeps ${traffic.kept}`);
    }
  }

  private trafficOf(pipelineId: string): TrafficLaws {
    const traffic = this.traffics.get(pipelineId) ?? new TrafficLaws();
    this.traffics.set(pipelineId, traffic);
    return traffic;
  }

  private executionOf({ metadata }: RecordedEvent, pipelineId: string): ExecutionLaws {
    const { executionId } = metadata;
    if (executionId === undefined) throw new Error('An event of an execution names it.');
    const execution =
      this.executions.get(executionId) ?? new ExecutionLaws(executionId, pipelineId, this.trafficOf(pipelineId));
    this.executions.set(executionId, execution);
    return execution;
  }

  private observeDefinition(recorded: RecordedEvent): void {
    const event = pipelineEventTypes.decode<PipelineEvent>(recorded);
    this.versions.set(event.data.pipelineId, event.type === 'PipelineDeleted' ? 0 : event.data.version);
  }

  private observeSource(recorded: RecordedEvent): void {
    const event = sourceEventTypes.decode<SourceEvent>(recorded);
    const source = this.sources.get(recorded.stream) ?? {};
    const next = sourceDecider.evolve(source, event);
    const throughSnapshot = sourceDecider.evolve(JSON.parse(JSON.stringify(source)) as Source, event);
    hold(JSON.stringify(throughSnapshot) === JSON.stringify(next), `a snapshot before ${event.type} changes nothing`);
    if (event.type === 'RevisionSeen')
      hold(source.revisionId !== event.data.revision.revisionId, 'what equals the last revision is not seen anew');
    if (event.type === 'SourceFailing')
      hold(JSON.stringify(source.failing) !== JSON.stringify(event.data.error), 'a failure is told once');
    this.sources.set(recorded.stream, next);
  }

  private trafficAtRest(traffic: TrafficLaws): void {
    for (const { executionId, stage, vacated } of traffic.inside.values()) {
      hold(!vacated, `traffic has heard that ${executionId} vacated ${stage}`);
      hold(this.isInside(executionId, stage), `${executionId} knows that it is inside ${stage}`);
    }
    for (const [stage, { executionId, cause }] of traffic.waiting) {
      const status = this.executions.get(executionId)?.current.status;
      hold(status === 'InProgress', `${executionId}, who waits before ${stage} (${cause}), is not ${status}`);
      hold(cause !== 'locked' || traffic.inside.has(stage), `${stage} is locked for ${executionId} by somebody inside`);
    }
    for (const [executionId, retries] of traffic.retriesAdmitted)
      hold(
        this.executions.get(executionId)?.retries === retries,
        `each admitted retry of ${executionId} is carried out`,
      );
    for (const executionId of traffic.ordinals.keys())
      hold(this.executions.has(executionId), `${executionId} was admitted, so it is started`);
  }

  private isInside(executionId: string, stage: string): boolean {
    const state = this.executions.get(executionId)?.current;
    if (state === undefined || state.status === 'absent') return false;
    return state.stage?.name === stage && !state.stage.vacated;
  }

  private executionAtRest({ executionId, pipelineId, current }: ExecutionLaws): void {
    if (current.status === 'absent') return;
    const traffic = this.trafficOf(pipelineId);
    const inside = [...traffic.inside.values()].some((passage) => passage.executionId === executionId);
    const waiting = [...traffic.waiting.values()].some((place) => place.executionId === executionId);
    if (isFinished(current)) {
      hold(!waiting, `${executionId} does not wait when it is ${current.status}`);
      hold(
        inside === hasRevokedJobs(current),
        `${executionId}, ${current.status}, is inside only until its jobs have ended`,
      );
      return;
    }
    hold(inside || waiting, `${executionId} is ${current.status}, but neither inside a stage nor waiting before one`);
    hold(waiting || isAtWork(current), `${executionId} is inside a stage, and waits for nothing`);
    const outdated = current.facts.pipelineVersion !== this.versions.get(pipelineId);
    hold(!outdated || current.cancellation !== undefined, `${executionId} of an older definition is being cancelled`);
  }
}

/** A runner, or a person, has to answer. */
function isAtWork({ stage, jobs }: KnownExecution): boolean {
  const running = [...(stage?.runs.values() ?? [])].filter(({ status }) => status === 'InProgress');
  const answerable = running.every(
    ({ started }) =>
      started.work === 'approval' ||
      [...jobs.values()].some(
        ({ actionExecutionId, status }) =>
          actionExecutionId === started.actionExecutionId && (status === 'offered' || status === 'leased'),
      ),
  );
  return running.length > 0 && answerable;
}
