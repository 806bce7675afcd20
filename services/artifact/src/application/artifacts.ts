import { streams, type StreamName } from '@millrace/contracts';
import { artifactEventTypes, type ArtifactCommand, type ArtifactStored } from '@millrace/contracts/artifact';
import { refuse } from '@millrace/decider';
import { commandHandler } from '@millrace/event-store';
import type { CommandReceiver } from '@millrace/messaging';
import { artifactDecider } from '../domain/artifact.decider.js';
import type { ContentLanes } from './content-lanes.js';
import type { ArtifactPorts } from './ports.js';

type Arrived = Pick<ArtifactCommand, 'type' | 'data'>;

/** Receives the commands of the target `artifact`. */
export function artifacts(
  ports: Pick<ArtifactPorts, 'store' | 'clock' | 'fault' | 'objects'>,
  lanes: ContentLanes,
): CommandReceiver {
  const { store, clock, fault, objects } = ports;
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
    const context = { ...envelope, stream: streamOf(project, command) };
    if (!isRecording(command)) return handle(command, context);
    const { sha256, bytes, name } = command.data;
    return lanes.run(project, sha256, async () => {
      // A fact about bytes is recorded when they are there: the runner then sends them again (docs/decisions/0023).
      const object = await objects.stat(project, sha256);
      if (object?.size === bytes) return handle(command, context);
      return refuse(
        'ARTIFACT_NOT_FOUND',
        `The bytes of ${name} (${sha256}, ${bytes} bytes) are not stored. Send them again.`,
      );
    });
  };
}

function isRecording(command: Arrived): command is { readonly type: 'RecordArtifact'; readonly data: ArtifactStored } {
  return command.type === 'RecordArtifact';
}

function streamOf(project: string, { data }: Arrived): StreamName {
  return 'artifactId' in data ? streams.artifact(project, data.artifactId) : logStream(project, data.actionExecutionId);
}

export function logStream(project: string, actionExecutionId: string): StreamName {
  return streams.artifact(project, `log.${actionExecutionId}`);
}
