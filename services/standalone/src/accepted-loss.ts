import { DEFAULT_PROJECT, streams } from '@millrace/contracts';
import { platformEventTypes } from '@millrace/contracts/access';
import type { EventStore } from '@millrace/event-store';
import type { Clock, Ids } from '@millrace/runtime';

/** A loss that somebody chose to go on with is a fact of the installation (docs/decisions/0008). */
export async function recordLosses(
  store: EventStore,
  losses: readonly string[],
  { clock, ids }: { readonly clock: Clock; readonly ids: Ids },
): Promise<void> {
  if (losses.length === 0) return;
  const stream = streams.platform(DEFAULT_PROJECT);
  const { head } = await store.readStream(stream, { limit: 1 });
  const actor = { kind: 'service', id: 'standalone', name: 'millrace', issuer: 'millrace' } as const;
  const commandId = ids.uuid();
  await store.append(stream, head, [
    {
      type: 'LossAccepted',
      version: platformEventTypes.versions.LossAccepted,
      data: { losses },
      metadata: {
        id: ids.uuid(),
        time: clock.now(),
        project: DEFAULT_PROJECT,
        commandId,
        actor,
        correlationId: commandId,
      },
    },
  ]);
}
