import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import type { ActionLogs } from '@millrace/action-logs';
import type { RunnerJobs } from '@millrace/contracts/runner';
import type { EventStore } from '@millrace/event-store';
import type { Commands, Messages } from '@millrace/messaging';
import type { ObjectStore } from '@millrace/object-store';
import type { Projector, Views } from '@millrace/read-models';
import type { Clock, Ids, Timers } from '@millrace/runtime';
import type { Principals } from './access/principals.js';
import type { GatewayConfig } from './config.js';
import { providers } from './contexts.js';
import { graphqlOptions } from './graphql/graphql.options.js';
import { DEFINITIONS, type Definitions } from './pipeline-definition/ports.js';
import {
  ACTION_LOGS,
  CLOCK,
  COMMANDS,
  CONFIG,
  EVENT_STORE,
  IDS,
  LIVE_FEED,
  LOGGER,
  MESSAGES,
  OBJECT_STORE,
  PRINCIPALS,
  PROJECTOR,
  READ_MODELS,
  RUNNER_JOBS,
  VISIBILITY,
  type LiveFeed,
  type Logger,
  type Visibility,
} from './ports.js';

/** What a composition root puts in. */
export interface GatewayPorts {
  readonly store: EventStore;
  readonly readModels: Views;
  /** Runs the projections of `projections` (index.ts), perhaps beside others. */
  readonly projector: Projector;
  readonly commands: Commands;
  readonly messages: Messages;
  readonly runnerJobs: RunnerJobs;
  readonly objects: ObjectStore;
  readonly logs: ActionLogs;
  /** Of the context pipeline-definition. */
  readonly definitions: Definitions;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** What the gateway makes of them. */
export interface GatewayParts {
  readonly principals: Principals;
  readonly live: LiveFeed;
  readonly visibility: Visibility;
}

const value = (provide: symbol, useValue: unknown): Provider => ({ provide, useValue });

@Module({})
export class GatewayModule {
  static register(ports: GatewayPorts, parts: GatewayParts, config: GatewayConfig): DynamicModule {
    return {
      module: GatewayModule,
      imports: [GraphQLModule.forRoot(graphqlOptions(ports.logger))],
      providers: [
        value(EVENT_STORE, ports.store),
        value(READ_MODELS, ports.readModels),
        value(PROJECTOR, ports.projector),
        value(COMMANDS, ports.commands),
        value(MESSAGES, ports.messages),
        value(RUNNER_JOBS, ports.runnerJobs),
        value(OBJECT_STORE, ports.objects),
        value(ACTION_LOGS, ports.logs),
        value(DEFINITIONS, ports.definitions),
        value(CLOCK, ports.clock),
        value(IDS, ports.ids),
        value(LOGGER, ports.logger),
        value(CONFIG, config),
        value(PRINCIPALS, parts.principals),
        value(LIVE_FEED, parts.live),
        value(VISIBILITY, parts.visibility),
        ...providers,
      ],
    };
  }
}
