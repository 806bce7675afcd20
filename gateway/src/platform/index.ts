import type { Provider } from '@nestjs/common';
import type { RunnerJobs } from '@millrace/contracts/runner';
import type { EventStore } from '@millrace/event-store';
import type { Commands, Messages } from '@millrace/messaging';
import type { Projector } from '@millrace/read-models';
import type { Clock, Ids } from '@millrace/runtime';
import type { GatewayConfig } from '../config.js';
import {
  CLOCK,
  COMMANDS,
  CONFIG,
  EVENT_STORE,
  IDS,
  MESSAGES,
  PROJECTOR,
  RUNNER_JOBS,
  VISIBILITY,
  type Visibility,
} from '../ports.js';
import { Mutations } from '../views/mutations.js';
import { EventQuery } from './event.query.js';
import { EventsResolver } from './events.resolver.js';
import { Maintenance } from './maintenance.js';
import type { Installation } from './platform.presenter.js';
import { PlatformQuery, productVersion, type PlatformParts } from './platform.query.js';
import { PlatformResolver } from './platform.resolver.js';

const INSTALLATION = Symbol('Installation');
const PLATFORM_PARTS = Symbol('PlatformParts');

export const providers: readonly Provider[] = [
  {
    provide: INSTALLATION,
    useFactory: (store: EventStore, clock: Clock): Installation => ({
      version: productVersion(),
      nodeVersion: process.version,
      startedAt: clock.now(),
      logId: store.logId,
    }),
    inject: [EVENT_STORE, CLOCK],
  },
  {
    provide: PLATFORM_PARTS,
    useFactory: (
      ...[store, projector, messages, runnerJobs, config]: [EventStore, Projector, Messages, RunnerJobs, GatewayConfig]
    ): PlatformParts => ({ store, projector, messages, runnerJobs, dataDirectory: config.dataDirectory }),
    inject: [EVENT_STORE, PROJECTOR, MESSAGES, RUNNER_JOBS, CONFIG],
  },
  {
    provide: PlatformQuery,
    useFactory: (installation: Installation, parts: PlatformParts) => new PlatformQuery(installation, parts),
    inject: [INSTALLATION, PLATFORM_PARTS],
  },
  {
    provide: Maintenance,
    useFactory: (projector: Projector, messages: Messages, clock: Clock) => new Maintenance(projector, messages, clock),
    inject: [PROJECTOR, MESSAGES, CLOCK],
  },
  {
    provide: EventQuery,
    useFactory: (store: EventStore, visibility: Visibility) => new EventQuery(store, visibility),
    inject: [EVENT_STORE, VISIBILITY],
  },
  {
    // For the mutations of every context.
    provide: Mutations,
    useFactory: (commands: Commands, visibility: Visibility, ids: Ids) => new Mutations(commands, visibility, ids),
    inject: [COMMANDS, VISIBILITY, IDS],
  },
  PlatformResolver,
  EventsResolver,
];

/** The platform's state is asked of its parts; nothing of it is folded. */
