import type { ActionLogs } from '@millrace/action-logs';
import type { ArtifactCommand, ArtifactEvent, ArtifactRefusal } from '@millrace/contracts/artifact';
import type { CommandHandlerOptions, EventStore } from '@millrace/event-store';
import type { Commands } from '@millrace/messaging';
import type { ObjectStore } from '@millrace/object-store';
import type { Views } from '@millrace/read-models';
import type { Clock, Logger, Timers } from '@millrace/runtime';
import type { Holding } from '../domain/artifact.state.js';

/** How long bytes are kept. */
export interface Retention {
  /** Whole days, counted from the moment the artifact was stored; 0: for ever. Default 90. */
  readonly artifactDays: number;
  /** Whole days, counted from the moment the log was closed; 0: for ever. Default 90. */
  readonly logDays: number;
}

export const RETENTION_DEFAULT: Retention = { artifactDays: 90, logDays: 90 };

/** What the service needs of its surroundings. */
export interface ArtifactPorts {
  readonly store: EventStore;
  readonly readModels: Views;
  readonly objects: ObjectStore;
  readonly logs: ActionLogs;
  /** To itself: policies and the retention send commands like everybody else. */
  readonly commands: Commands;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly retention?: Partial<Retention>;
  readonly fault?: CommandHandlerOptions<ArtifactCommand, Holding, ArtifactEvent, ArtifactRefusal>['fault'];
}
