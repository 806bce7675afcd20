import { trafficEventTypes, type TrafficEvent } from '@millrace/contracts/execution';
import type { RecordedEvent } from '@millrace/event-store';
import { emptyTraffic, evolveTraffic, type Traffic } from '../../domain/traffic.state.js';
import { hold } from './law.js';

/** From a StageEntered or RetryAdmitted to its StageLeft. */
export interface Passage {
  readonly executionId: string;
  readonly stage: string;
  vacated: boolean;
}

interface Waiting {
  readonly executionId: string;
  readonly cause: string;
}

/** One pipeline's traffic, kept a second time and more simply than the decider does, from the same facts. */
export class TrafficLaws {
  readonly inside = new Map<string, Passage>();
  readonly waiting = new Map<string, Waiting>();
  readonly ordinals = new Map<string, number>();
  readonly retriesAdmitted = new Map<string, number>();
  private readonly disabled = new Set<string>();
  private readonly expired = new Set<string>();
  private folded: Traffic = emptyTraffic;

  observe(recorded: RecordedEvent): void {
    const event = trafficEventTypes.decode<TrafficEvent>(recorded);
    this.fold(event);
    this.check(event);
    for (const [stage, { executionId }] of this.inside)
      hold(
        this.folded.stages.find(({ name }) => name === stage)?.inside === executionId,
        `the state knows that ${executionId} is inside ${stage}`,
      );
  }

  /** Executions that the state keeps are bounded: one inside, one waiting and one to be retried a stage. */
  get kept(): number {
    return this.folded.admissions.length;
  }

  /** A state that went through a snapshot goes on like one that did not. */
  private fold(event: TrafficEvent): void {
    const throughSnapshot = evolveTraffic(JSON.parse(JSON.stringify(this.folded)) as Traffic, event);
    this.folded = evolveTraffic(this.folded, event);
    hold(
      JSON.stringify(throughSnapshot) === JSON.stringify(this.folded),
      `a snapshot before ${event.type} changes nothing`,
    );
  }

  private check(event: TrafficEvent): void {
    switch (event.type) {
      case 'ExecutionAdmitted':
        return this.admit(event.data.executionId, event.data.ordinal);
      case 'StageEntered':
        return this.enter(event.data.executionId, event.data.stage);
      case 'RetryAdmitted':
        return this.retry(event.data.executionId, event.data.stage);
      case 'StageAwaited':
        return this.wait(event.data.stage, event.data);
      case 'StageLeft':
        return this.leave(event.data.executionId, event.data.stage);
      case 'ExecutionWithdrawn':
        return this.stopWaiting(event.data.executionId);
      case 'ExecutionSuperseded': {
        const { executionId, by } = event.data;
        hold(this.ordinalOf(by) > this.ordinalOf(executionId), `the newer one supersedes: ${by} ${executionId}`);
        return this.stopWaiting(executionId);
      }
      case 'ExecutionOutdated':
        if (event.data.waiting) this.stopWaiting(event.data.executionId);
        return;
      case 'TransitionDisabled':
        this.disabled.add(event.data.stage);
        return;
      case 'TransitionEnabled':
        this.disabled.delete(event.data.stage);
    }
  }

  private admit(executionId: string, ordinal: number): void {
    hold(!this.ordinals.has(executionId), `${executionId} is admitted once`);
    hold(ordinal === this.ordinals.size + 1, 'ordinals count the admissions');
    this.ordinals.set(executionId, ordinal);
  }

  private retry(executionId: string, stage: string): void {
    hold(!this.inside.has(stage), `${executionId} is retried in ${stage} while nobody is inside`);
    this.inside.set(stage, { executionId, stage, vacated: false });
    this.retriesAdmitted.set(executionId, (this.retriesAdmitted.get(executionId) ?? 0) + 1);
  }

  private wait(stage: string, waiting: Waiting): void {
    const before = this.waiting.get(stage)?.executionId ?? waiting.executionId;
    hold(before === waiting.executionId, `one waiting place before ${stage}`);
    if (waiting.cause === 'transition-expired') this.expired.add(waiting.executionId);
    this.waiting.set(stage, waiting);
  }

  private enter(executionId: string, stage: string): void {
    const waiting = this.waiting.get(stage);
    hold(!this.inside.has(stage), `at most one execution inside ${stage}`);
    hold(!this.disabled.has(stage), `nobody enters ${stage} while its transition is disabled`);
    hold(
      waiting === undefined || waiting.executionId === executionId,
      `nobody overtakes whoever waits before ${stage}`,
    );
    hold(!this.expired.has(executionId), `${executionId} was held too long to enter ${stage}`);
    for (const { executionId: other } of this.inside.values())
      hold(other !== executionId, `${executionId} is in one stage`);
    if (waiting !== undefined) this.waiting.delete(stage);
    for (const [place, { executionId: other }] of this.waiting)
      hold(other !== executionId, `${executionId} does not wait before ${place}, too`);
    this.inside.set(stage, { executionId, stage, vacated: false });
  }

  private leave(executionId: string, stage: string): void {
    const passage = this.inside.get(stage);
    hold(passage?.executionId === executionId, `${executionId} leaves ${stage}, where it is`);
    hold(passage.vacated, `${executionId} leaves ${stage} when it has vacated it`);
    this.inside.delete(stage);
  }

  private stopWaiting(executionId: string): void {
    for (const [stage, waiting] of this.waiting) if (waiting.executionId === executionId) this.waiting.delete(stage);
  }

  private ordinalOf(executionId: string): number {
    const ordinal = this.ordinals.get(executionId);
    if (ordinal === undefined) throw new Error(`${executionId} was never admitted.`);
    return ordinal;
  }
}
