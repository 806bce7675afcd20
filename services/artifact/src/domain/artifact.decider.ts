import type { ArtifactCommand, ArtifactEvent, ArtifactRefusal } from '@millrace/contracts/artifact';
import { accept, refuse, type Decider, type Decision } from '@millrace/decider';
import { absentHolding, evolveHolding, type Holding } from './artifact.state.js';

type Outcome = Decision<ArtifactEvent, ArtifactRefusal>;
type CommandOf<T extends ArtifactCommand['type']> = Extract<ArtifactCommand, { readonly type: T }>;

function decide(command: ArtifactCommand, holding: Holding): Outcome {
  switch (command.type) {
    case 'RecordArtifact':
      return recordArtifact(command, holding);
    case 'ExpireArtifact':
      return expireArtifact(command, holding);
    case 'RecordLogClosed':
      // Whoever closes it again gets the same answer (ActionLogs), so the first word stands.
      return holding.status === 'absent' ? accept({ type: 'LogClosed', data: command.data }) : accept();
    case 'ExpireLog':
      return expireLog(command, holding);
  }
}

function recordArtifact({ data }: CommandOf<'RecordArtifact'>, holding: Holding): Outcome {
  if (holding.status === 'absent') return accept({ type: 'ArtifactStored', data });
  // Long after the fact, a report that was still under way: its attempt is history, and so are its bytes.
  if (holding.status === 'expired') return accept();
  if (holding.sha256 === data.sha256 && holding.bytes === data.bytes) return accept();
  return refuse(
    'ARTIFACT_DIFFERS',
    `This attempt has already stored other bytes as ${data.name}: ${holding.sha256} (${holding.bytes} bytes).`,
  );
}

function expireArtifact({ data }: CommandOf<'ExpireArtifact'>, holding: Holding): Outcome {
  if (holding.status === 'absent') return refuse('ARTIFACT_NOT_FOUND', 'There is no such artifact.');
  if (holding.status === 'expired') return accept();
  const { sha256, bytes } = holding;
  return accept({ type: 'ArtifactExpired', data: { artifactId: data.artifactId, sha256, bytes, reason: data.reason } });
}

function expireLog({ data }: CommandOf<'ExpireLog'>, holding: Holding): Outcome {
  if (holding.status === 'absent')
    return refuse('LOG_NOT_FOUND', 'There is no such log, or it is still being written.');
  if (holding.status === 'expired') return accept();
  const { actionExecutionId, reason } = data;
  return accept({ type: 'LogExpired', data: { actionExecutionId, bytes: holding.bytes, reason } });
}

export const artifactDecider: Decider<ArtifactCommand, Holding, ArtifactEvent, ArtifactRefusal> = {
  name: 'artifact',
  version: 1,
  initial: absentHolding,
  decide,
  evolve: evolveHolding,
};
