import { accept, refuse, type Decider, type Decision } from '@millrace/decider';
import type {
  DefinitionFacts,
  StageOutcome,
  TrafficCommand,
  TrafficEvent,
  TrafficRefusal,
} from '@millrace/contracts/execution';
import { admissionOf, emptyTraffic, evolveTraffic, stageOf, type Admission, type Traffic } from './traffic.state.js';
import { bindVariables, checkSourceRevisions, checkVariables } from './start-rules.js';

type Outcome = Decision<TrafficEvent, TrafficRefusal>;
type CommandOf<T extends TrafficCommand['type']> = Extract<TrafficCommand, { type: T }>;

/** An execution that is held longer is not let in when the transition is enabled (codepipeline-semantics, section 4). */
const HELD_MS_MAX = 30 * 24 * 60 * 60 * 1000;

const RETRYABLE: ReadonlySet<StageOutcome | undefined> = new Set(['Failed', 'Stopped']);

/** Facts of one decision, folded as they are found, so that a later rule sees what an earlier one has decided. */
class Passage {
  readonly events: TrafficEvent[] = [];

  constructor(public traffic: Traffic) {}

  add(event: TrafficEvent): void {
    this.events.push(event);
    this.traffic = evolveTraffic(this.traffic, event);
  }
}

function decide(command: TrafficCommand, traffic: Traffic): Outcome {
  switch (command.type) {
    case 'StartExecution':
      return startExecution(command, traffic);
    case 'LeaveStage':
      return leaveStage(command.data, traffic);
    case 'RetryStage':
      return retryStage(command.data, traffic);
    case 'DisableTransition':
      return disableTransition(command, traffic);
    case 'EnableTransition':
      return enableTransition(command, traffic);
    case 'CancelOutdated':
      return cancelOutdated(command.data, traffic);
  }
}

function startExecution({ data }: CommandOf<'StartExecution'>, traffic: Traffic): Outcome {
  const { executionId, definition } = data;
  if (traffic.recent.includes(executionId) || admissionOf(traffic, executionId) !== undefined) return accept();
  const refused = checkVariables(data.variables) ?? checkSourceRevisions(data.sourceRevisions, definition.stages);
  if (refused !== undefined) return refused;

  const { bound, missing } = bindVariables(definition.variables, data.variables);
  const passage = new Passage(traffic);
  passage.add({
    type: 'ExecutionAdmitted',
    data: {
      executionId,
      pipelineName: definition.pipelineName,
      pipelineVersion: definition.version,
      trigger: data.trigger,
      variables: bound,
      missingVariables: missing,
      sourceRevisions: data.sourceRevisions,
      stages: definition.stages,
      ordinal: traffic.ordinal + 1,
    },
  });
  const admission = admissionOf(passage.traffic, executionId);
  const [first] = definition.stages;
  // Without its variables it fails at once and enters nothing (docs/decisions/0031).
  if (missing.length === 0 && admission !== undefined && first !== undefined) arrive(passage, admission, first.name);
  return accept(...passage.events);
}

/** An execution stands before a stage: it enters, waits, or one of the two that want the waiting place is superseded. */
function arrive(passage: Passage, admission: Admission, name: string): void {
  const { executionId, ordinal } = admission;
  const stage = stageOf(passage.traffic, name);
  const rival = stage.waiting === undefined ? undefined : admissionOf(passage.traffic, stage.waiting);
  if (rival !== undefined && rival.ordinal > ordinal) {
    // It was retried and comes behind a newer one that already waits.
    passage.add({ type: 'ExecutionSuperseded', data: { executionId, stage: name, by: rival.executionId } });
    return;
  }
  if (rival !== undefined)
    passage.add({
      type: 'ExecutionSuperseded',
      data: { executionId: rival.executionId, stage: name, by: executionId },
    });
  const free = stage.disabledAt === undefined && stage.inside === undefined;
  if (free) passage.add(entered(admission, name));
  else passage.add(awaited(passage.traffic, executionId, name));
}

function entered({ executionId, pipelineName, pipelineVersion }: Admission, stage: string): TrafficEvent {
  return { type: 'StageEntered', data: { executionId, stage, pipelineName, pipelineVersion } };
}

function awaited(traffic: Traffic, executionId: string, name: string): TrafficEvent {
  const stage = stageOf(traffic, name);
  if (stage.disabledAt !== undefined)
    return { type: 'StageAwaited', data: { executionId, stage: name, cause: 'transition-disabled' } };
  const behind = stage.inside === undefined ? {} : { behind: stage.inside };
  return { type: 'StageAwaited', data: { executionId, stage: name, cause: 'locked', ...behind } };
}

function leaveStage({ executionId, stage, outcome }: CommandOf<'LeaveStage'>['data'], traffic: Traffic): Outcome {
  const admission = admissionOf(traffic, executionId);
  // Late or repeated: it has left already.
  if (admission === undefined) return accept();
  const passage = new Passage(traffic);
  if (stage === undefined) withdraw(passage, executionId, outcome);
  else if (stageOf(traffic, stage).inside === executionId) leaveInside(passage, admission, stage, outcome);
  return accept(...passage.events);
}

function withdraw(passage: Passage, executionId: string, outcome: StageOutcome): void {
  const place = passage.traffic.stages.find(({ waiting }) => waiting === executionId);
  if (place !== undefined)
    passage.add({ type: 'ExecutionWithdrawn', data: { executionId, stage: place.name, outcome } });
}

function leaveInside(passage: Passage, admission: Admission, stage: string, outcome: StageOutcome): void {
  const { executionId } = admission;
  const { outdated } = admissionOf(passage.traffic, executionId) ?? admission;
  passage.add({ type: 'StageLeft', data: { executionId, stage, outcome } });
  const next = admission.stages[admission.stages.indexOf(stage) + 1];
  if (outcome === 'Succeeded' && next !== undefined && !outdated) arrive(passage, admission, next);
  letIn(passage, stage);
}

/** The stage is free: whoever waits before it enters, unless its transition holds it. */
function letIn(passage: Passage, name: string): void {
  const stage = stageOf(passage.traffic, name);
  if (stage.waiting === undefined || stage.inside !== undefined || stage.waitingExpired) return;
  const admission = admissionOf(passage.traffic, stage.waiting);
  if (admission === undefined) return;
  if (stage.disabledAt !== undefined) passage.add(awaited(passage.traffic, stage.waiting, name));
  else passage.add(entered(admission, name));
}

function retryStage(
  { executionId, stage, mode, definition }: CommandOf<'RetryStage'>['data'],
  traffic: Traffic,
): Outcome {
  if (!definition.stages.some(({ name }) => name === stage)) return stageNotFound(stage, definition);
  return (
    retryRefused(executionId, stage, traffic, definition.version) ??
    accept({ type: 'RetryAdmitted', data: { executionId, stage, mode } })
  );
}

function retryRefused(executionId: string, stage: string, traffic: Traffic, version: number): Outcome | undefined {
  const { latest, inside } = stageOf(traffic, stage);
  if (inside === executionId)
    return refuse('CONFLICT', `Execution ${executionId} is inside stage ${stage}: wait until it has ended.`);
  if (latest !== undefined && latest.executionId !== executionId)
    return refuse(
      'NOT_LATEST_EXECUTION',
      `Execution ${latest.executionId} was the latest in stage ${stage}; only that one can be retried there.`,
    );
  const admission = admissionOf(traffic, executionId);
  if (admission === undefined || !RETRYABLE.has(latest?.outcome))
    return refuse(
      'STAGE_NOT_RETRYABLE',
      `Stage ${stage} of execution ${executionId} has not failed and was not stopped: there is nothing to retry.`,
    );
  if (admission.pipelineVersion !== version || admission.outdated)
    return refuse(
      'STAGE_NOT_RETRYABLE',
      `The definition has changed since (version ${admission.pipelineVersion} then, ${version} now); start a new execution instead.`,
    );
  return undefined;
}

function stageNotFound(stage: string, definition: DefinitionFacts): Outcome {
  const names = definition.stages.map(({ name }) => name).join(', ');
  return refuse('STAGE_NOT_FOUND', `Pipeline ${definition.pipelineName} has no stage ${stage}; it has ${names}.`);
}

/** The stage whose inbound transition is meant; holding an execution after a stage is holding it before the next. */
function inboundStage({ stage, transitionType, definition }: CommandOf<'EnableTransition'>['data']): string | Outcome {
  const index = definition.stages.findIndex(({ name }) => name === stage);
  if (index < 0) return stageNotFound(stage, definition);
  if (transitionType === 'Inbound') return stage;
  return (
    definition.stages[index + 1]?.name ??
    refuse('NO_NEXT_STAGE', `${stage} is the last stage: it has no outbound transition.`)
  );
}

function disableTransition({ data, at }: CommandOf<'DisableTransition'>, traffic: Traffic): Outcome {
  const stage = inboundStage(data);
  if (typeof stage !== 'string') return stage;
  const passage = new Passage(traffic);
  // The first instant counts: changing the reason does not begin a new 30 days.
  const disabledAt = stageOf(traffic, stage).disabledAt ?? at;
  passage.add({ type: 'TransitionDisabled', data: { stage, reason: data.reason, at: disabledAt } });
  const { waiting, waitingExpired } = stageOf(passage.traffic, stage);
  // Who was held too long stays so: another door that is closed and opened does not let it in (docs/decisions/0036).
  if (waiting !== undefined && !waitingExpired && stageOf(traffic, stage).disabledAt === undefined)
    passage.add(awaited(passage.traffic, waiting, stage));
  return accept(...passage.events);
}

function enableTransition({ data, at }: CommandOf<'EnableTransition'>, traffic: Traffic): Outcome {
  const stage = inboundStage(data);
  if (typeof stage !== 'string') return stage;
  const { disabledAt } = stageOf(traffic, stage);
  if (disabledAt === undefined) return accept();
  const passage = new Passage(traffic);
  passage.add({ type: 'TransitionEnabled', data: { stage } });
  const { waiting, waitingExpired, inside } = stageOf(passage.traffic, stage);
  if (waiting === undefined || waitingExpired) return accept(...passage.events);
  const held = Date.parse(at) - Date.parse(disabledAt) > HELD_MS_MAX;
  if (held) passage.add({ type: 'StageAwaited', data: { executionId: waiting, stage, cause: 'transition-expired' } });
  else if (inside !== undefined) passage.add(awaited(passage.traffic, waiting, stage));
  else letIn(passage, stage);
  return accept(...passage.events);
}

function cancelOutdated({ version, deleted }: CommandOf<'CancelOutdated'>['data'], traffic: Traffic): Outcome {
  const reason = deleted ? 'Pipeline was deleted' : 'Pipeline definition was updated';
  const events = traffic.admissions.flatMap((admission): TrafficEvent[] => {
    if (admission.outdated || (!deleted && admission.pipelineVersion >= version)) return [];
    const { executionId } = admission;
    const place = traffic.stages.find(({ inside, waiting }) => inside === executionId || waiting === executionId);
    // Failed and only still retryable: the version alone now refuses the retry.
    if (place === undefined) return [];
    return [
      {
        type: 'ExecutionOutdated',
        data: { executionId, stage: place.name, waiting: place.waiting === executionId, reason },
      },
    ];
  });
  return accept(...events);
}

export const trafficDecider: Decider<TrafficCommand, Traffic, TrafficEvent, TrafficRefusal> = {
  name: 'traffic',
  version: 2,
  initial: emptyTraffic,
  decide,
  evolve: evolveTraffic,
};
