import { NAMESPACES, refuse, uuidV5, type Actor } from '@millrace/decider';
import { streams, type JsonObject } from '@millrace/contracts';
import {
  executionEventTypes,
  sourceEventTypes,
  trafficEventTypes,
  type ExecutionCommand,
  type SourceCommand,
  type StartExecution,
  type TrafficCommand,
} from '@millrace/contracts/execution';
import {
  commandHandler,
  type CommandContext,
  type Envelope,
  type EventStore,
  type Snapshots,
} from '@millrace/event-store';
import type { CommandReceiver, CommandReply } from '@millrace/messaging';
import type { Clock } from '@millrace/runtime';
import { executionDecider } from '../domain/execution.decider.js';
import { sourceDecider } from '../domain/source.decider.js';
import { trafficDecider } from '../domain/traffic.decider.js';
import type { DefinitionReader } from './definition-reader.js';
import { definitionFacts } from './plan.js';

type Fault = (point: 'before-append' | 'after-append' | 'before-answer') => void;

export interface ReceiverPorts {
  readonly store: EventStore;
  readonly snapshots: Snapshots;
  readonly clock: Clock;
  readonly definitions: DefinitionReader;
  readonly fault?: Fault;
}

/** For the streams that never end (docs/decisions/0004). */
const COMMAND_IDS_MAX = 10_000;

type Handle<C extends { readonly type: string; readonly data: unknown }> = (
  command: Pick<C, 'type' | 'data'>,
  context: CommandContext,
) => Promise<CommandReply>;

/** Commands that name a pipeline; what holds now is read from its stream and put beside them. */
export function trafficReceiver(ports: ReceiverPorts): CommandReceiver {
  const handle = commandHandler({
    ...ports,
    decider: trafficDecider,
    types: trafficEventTypes,
    commandIdsMax: COMMAND_IDS_MAX,
  }) as Handle<TrafficCommand>;
  return async (command, envelope) => {
    // Sent by our own policies for a pipeline that they know by its id.
    if (command.type === 'LeaveStage' || command.type === 'CancelOutdated')
      return handle(command as unknown as TrafficCommand, within(envelope, envelope.pipelineId));
    const data = command.data as unknown as StartExecution;
    const definition = await ports.definitions.head(envelope.project, data.pipelineName);
    if (definition === undefined || (data.pipelineId !== undefined && data.pipelineId !== definition.pipelineId))
      return refuse('PIPELINE_NOT_FOUND', `There is no pipeline ${data.pipelineName}.`);
    const { pipelineId } = definition;
    const executionId = uuidV5(NAMESPACES.execution, pipelineId, data.clientToken);
    // The same token is answered with the first execution, whoever sends it and however long ago that was (docs/decisions/0010).
    if (command.type === 'StartExecution' && (await exists(ports.store, envelope.project, executionId)))
      return { accepted: true, position: undefined, events: [] };
    const facts = {
      definition: definitionFacts(definition),
      ...(command.type === 'StartExecution' ? { executionId } : {}),
    };
    return handle(
      { type: command.type, data: { ...command.data, ...facts } } as unknown as TrafficCommand,
      within(envelope, pipelineId),
    );
  };
}

async function exists(store: EventStore, project: string, executionId: string): Promise<boolean> {
  const { head } = await store.readStream(streams.execution(project, executionId), { limit: 1 });
  return head.revision >= 0;
}

function within({ executionId: _, ...envelope }: Envelope, pipelineId: string | undefined): CommandContext {
  // One decision of traffic may be about several executions; which, its events say in their data.
  if (pipelineId === undefined) throw new TypeError('A command of traffic names its pipeline, or its envelope does.');
  return { ...envelope, pipelineId, stream: streams.traffic(envelope.project, pipelineId) };
}

export function executionReceiver(ports: ReceiverPorts): CommandReceiver {
  // No snapshots: an execution ends, and its state is not plain JSON (docs/decisions/0006).
  const { snapshots: _, ...rest } = ports;
  const handle = commandHandler({
    ...rest,
    decider: executionDecider,
    types: executionEventTypes,
  }) as Handle<ExecutionCommand>;
  return async (command, envelope) => {
    const executionId = command.executionId ?? envelope.executionId;
    if (executionId === undefined) throw new TypeError('A command of an execution names it, or its envelope does.');
    return handle(command as unknown as ExecutionCommand, {
      ...envelope,
      executionId,
      stream: streams.execution(envelope.project, executionId),
    });
  };
}

/** Looks at a source's remote before its interval is over. */
export interface Looks {
  /** False: there is no such source. */
  lookNow(project: string, pipelineName: string, actionName?: string): boolean;
}

/** `RequestLook` appends nothing: what the look finds is recorded by its report. */
export function sourceReceiver(ports: ReceiverPorts, looks: Looks): CommandReceiver {
  const handle = commandHandler({
    ...ports,
    decider: sourceDecider,
    types: sourceEventTypes,
    commandIdsMax: COMMAND_IDS_MAX,
  }) as Handle<SourceCommand>;
  return async (command, envelope) => {
    if (command.type === 'RequestLook') {
      const { pipelineName, actionName } = command.data as { pipelineName: string; actionName?: string };
      if (looks.lookNow(envelope.project, pipelineName, actionName))
        return { accepted: true, position: undefined, events: [] };
      return refuse(
        'SOURCE_NOT_FOUND',
        `Pipeline ${pipelineName} does not exist, or has no source action ${actionName ?? ''} to look at.`,
      );
    }
    const { pipelineId, actionName } = command.data as { pipelineId: string; actionName: string };
    return handle(command as unknown as SourceCommand, {
      ...envelope,
      pipelineId,
      stream: streams.source(envelope.project, pipelineId, actionName),
    });
  };
}

/** What the service itself does, outside any request. */
export function serviceEnvelope(
  project: string,
  name: string,
  ids: {
    readonly commandId: string;
    readonly pipelineId?: string;
    readonly executionId?: string;
    readonly correlationId: string;
  },
): Envelope {
  const actor: Actor = { kind: 'service', id: name, name, issuer: 'millrace' };
  return { project, actor, ...ids };
}

export const asData = (data: object): JsonObject => data as JsonObject;
