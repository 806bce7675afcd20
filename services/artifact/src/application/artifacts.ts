import { streams, type StreamName } from '@millrace/contracts';
import { artifactEventTypes, type ArtifactCommand } from '@millrace/contracts/artifact';
import { refuse } from '@millrace/decider';
import { commandHandler, type Envelope } from '@millrace/event-store';
import type { CommandReceiver, FirstEvents } from '@millrace/messaging';
import { artifactDecider } from '../domain/artifact.decider.js';
import type { ContentLanes } from './content-lanes.js';
import { executionStart } from './execution-start.js';
import type { ArtifactPorts } from './ports.js';

type Arriving<C> = C extends ArtifactCommand ? Pick<C, 'type' | 'data'> : never;
type Arrived = Arriving<ArtifactCommand>;
type Recording = Extract<Arrived, { readonly type: 'RecordArtifact' | 'RecordLogClosed' }>;

interface ReceiverPorts extends Pick<ArtifactPorts, 'store' | 'clock' | 'fault' | 'objects'> {
  readonly lanes: ContentLanes;
  readonly first: FirstEvents;
}

/** Receives the commands of the target `artifact`. */
export function artifacts({ store, clock, fault, objects, lanes, first }: ReceiverPorts): CommandReceiver {
  const handle = commandHandler({
    store,
    decider: artifactDecider,
    types: artifactEventTypes,
    clock,
    ...(fault === undefined ? {} : { fault }),
  });
  return async ({ type, data }, envelope) => {
    const { project } = envelope;
    const command = { type, data } as unknown as Arrived;
    const context = {
      ...envelope,
      ...(isRecording(command) ? await belonging(first, project, command.data.executionId) : {}),
      stream: streamOf(project, command),
    };
    if (command.type !== 'RecordArtifact') return handle(command, context);
    const { sha256, bytes, name } = command.data;
    return lanes.run(project, sha256, async () => {
      // A fact about bytes is recorded while they are there; else the runner sends them again (docs/decisions/0023).
      const object = await objects.stat(project, sha256);
      if (object?.size === bytes) return handle(command, context);
      const message = `The bytes of ${name} (${sha256}, ${bytes} bytes) are not stored. Send them again.`;
      return refuse('ARTIFACT_NOT_FOUND', message);
    });
  };
}

function isRecording(command: Arrived): command is Recording {
  return command.type === 'RecordArtifact' || command.type === 'RecordLogClosed';
}

/** A runner's upload names the execution alone; its facts belong to the pipeline, too: that is their message key. */
async function belonging(first: FirstEvents, project: string, executionId: string): Promise<Partial<Envelope>> {
  const execution = await executionStart(first, project, executionId);
  return execution === undefined ? {} : { executionId, pipelineId: execution.pipelineId };
}

function streamOf(project: string, { data }: Arrived): StreamName {
  return 'artifactId' in data ? streams.artifact(project, data.artifactId) : logStream(project, data.actionExecutionId);
}

function logStream(project: string, actionExecutionId: string): StreamName {
  return streams.artifact(project, `log.${actionExecutionId}`);
}
