import { createApprovalService } from '@millrace/approval';
import { createArtifactService } from '@millrace/artifact';
import { createExecutionService } from '@millrace/execution';
import { projections } from '@millrace/gateway';
import type { Projection } from '@millrace/read-models';
import { silentLogger, systemClock, systemIds, systemTimers } from '@millrace/runtime';

type EveryPort = Parameters<typeof createExecutionService>[0] &
  Parameters<typeof createArtifactService>[0] &
  Parameters<typeof createApprovalService>[0];

/**
 * Every view that the platform folds, as its composition hands them to the projector. A service names its projections when it is composed;
 * none is started here, so none of them reaches for an engine.
 */
export function allProjections(): readonly Projection[] {
  const ports: EveryPort = {
    store: nothing('event store'),
    readModels: nothing('read models'),
    messages: nothing('messages'),
    commands: nothing('commands'),
    objects: nothing('objects'),
    logs: nothing('logs'),
    jobKey: Buffer.alloc(32),
    leaseTermMs: 30_000,
    clock: systemClock,
    ids: systemIds,
    timers: systemTimers,
    logger: silentLogger,
    fault: () => undefined,
  };
  return [
    ...projections,
    ...createExecutionService(ports).projections,
    ...createApprovalService(ports).projections,
    ...createArtifactService(ports).projections,
  ];
}

function nothing<T extends object>(engine: string): T {
  return new Proxy({} as T, {
    get: (_target, member) => {
      throw new Error(`A service that is not started has used the ${engine} (${String(member)}).`);
    },
  });
}
