import {
  firstEvents,
  policyConsumer,
  type CommandReceiver,
  type CommandTarget,
  type Messages,
  type Subscription,
} from '@millrace/messaging';
import type { Projection } from '@millrace/read-models';
import { artifacts } from './artifacts.js';
import { ContentLanes } from './content-lanes.js';
import { LOG_CLOSE, logClosePolicy } from './log-close.policy.js';
import type { ArtifactPorts } from './ports.js';
import { REMOVAL, removal } from './removal.policy.js';
import { RetentionSweep } from './retention.js';
import { projections } from '../projections.js';

/** The service, composed and not yet running. */
export interface ArtifactService {
  readonly receivers: ReadonlyMap<CommandTarget, CommandReceiver>;
  /** To be given to the Projector. */
  readonly projections: readonly Projection[];
  readonly retention: RetentionSweep;
  /** Commands must be carried from here on: policies send some at once. */
  start(messages: Messages): Promise<void>;
  /** Resolves when nothing of it is under way. */
  stop(): Promise<void>;
}

export function createArtifactService(ports: ArtifactPorts): ArtifactService {
  const lanes = new ContentLanes();
  const first = firstEvents(ports.store);
  const retention = new RetentionSweep(ports);
  const logClose = policyConsumer({
    name: LOG_CLOSE.name,
    commands: ports.commands,
    decide: logClosePolicy(ports.logs, first),
  });
  let subscriptions: readonly Subscription[] = [];
  return {
    receivers: new Map([['artifact', artifacts({ ...ports, lanes, first })]]),
    projections,
    retention,
    async start(messages) {
      subscriptions = [
        await messages.subscribe(LOG_CLOSE, logClose),
        await messages.subscribe(REMOVAL, removal(ports, lanes, first)),
      ];
      retention.start();
    },
    async stop() {
      await Promise.all([...subscriptions.map((subscription) => subscription.stop()), retention.stop()]);
    },
  };
}
