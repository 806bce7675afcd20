import { artifactEventTypes, type ArtifactEvent } from '@millrace/contracts/artifact';
import type { RecordedEvent } from '@millrace/event-store';
import type { FirstEvents, MessageHandler } from '@millrace/messaging';
import { OperationalError } from '@millrace/runtime';
import type { ContentLanes } from './content-lanes.js';
import { HOLDINGS, holdingsProjection } from './holdings.projection.js';
import type { ArtifactPorts } from './ports.js';

export const REMOVAL = {
  name: 'artifact.removal.v1',
  categories: ['artifact'],
  eventTypes: ['ArtifactExpired', 'LogExpired'],
} as const;

const CHECKPOINT_POLL_MS = 20;
const CHECKPOINT_POLLS_MAX = 500;

type RemovalPorts = Pick<ArtifactPorts, 'store' | 'readModels' | 'objects' | 'logs' | 'timers'>;

/** The bytes of what has expired are removed; those of an artifact when no other one consists of the same. Safe to repeat. */
export function removal(ports: RemovalPorts, lanes: ContentLanes, first: FirstEvents): MessageHandler {
  return async ({ event }) => {
    const fact = artifactEventTypes.decode<ArtifactEvent>(event);
    const { project } = event.metadata;
    if (fact.type === 'LogExpired') {
      const { actionExecutionId } = fact.data;
      await ports.logs.remove({ project, executionId: await executionIdOf(event, first), actionExecutionId });
    }
    if (fact.type !== 'ArtifactExpired') return;
    const { sha256 } = fact.data;
    await lanes.run(project, sha256, async () => {
      // Nothing of this content is recorded while we are in its lane, so the view, once it is here, has the last word.
      await viewIsHere(ports);
      const { items } = await ports.readModels.page(HOLDINGS, {
        index: 'content',
        equals: [project, sha256],
        limit: 1,
      });
      if (items.length === 0) await ports.objects.remove(project, sha256);
    });
  };
}

async function executionIdOf(event: RecordedEvent, first: FirstEvents): Promise<string> {
  const closing = await first(event.stream);
  const fact = closing === undefined ? undefined : artifactEventTypes.decode<ArtifactEvent>(closing);
  if (fact?.type !== 'LogClosed') throw new Error(`Stream ${event.stream} does not begin with a log that was closed.`);
  return fact.data.executionId;
}

async function viewIsHere({ store, readModels, timers }: RemovalPorts): Promise<void> {
  const { position } = await store.head();
  for (let polls = 0; polls < CHECKPOINT_POLLS_MAX; polls += 1) {
    if ((await readModels.checkpoint(holdingsProjection.name)) >= position) return;
    await new Promise<void>((resolve) => timers.after(CHECKPOINT_POLL_MS, resolve));
  }
  throw new OperationalError('The view of artifacts lags behind; nothing is removed on its word.', {
    retryable: true,
    code: 'VIEW_BEHIND',
  });
}
