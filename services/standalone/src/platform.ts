import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { createApprovalService } from '@millrace/approval';
import { createArtifactService } from '@millrace/artifact';
import type { RunnerJobs } from '@millrace/contracts/runner';
import type { EventStore } from '@millrace/event-store';
import { createExecutionService, executionReceivers } from '@millrace/execution';
import { accessReceiver, ensureAdminToken, ensureRunnerToken, startGateway } from '@millrace/gateway';
import { directCommands, type CommandReceiver, type Commands, type CommandTarget } from '@millrace/messaging';
import { parseDefinitionText, pipelineDefinitions } from '@millrace/pipeline-definition';
import type { Projector } from '@millrace/read-models';
import { systemClock, systemIds, systemTimers, type Faults, type Lifecycle, type Logger } from '@millrace/runtime';
import type { StandaloneConfig } from './config.js';
import { prepareDataDirectory } from './data-directory.js';
import { openEngines, type OpenViews } from './engines.js';
import { PlatformModule } from './platform.module.js';
import { secretKey } from './secret-key.js';

export interface PlatformOptions {
  readonly config: StandaloneConfig;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly faults: Faults;
  /** The log can no longer be trusted with a write: the process must end. */
  readonly onFatal: (error: Error) => void;
  /** See {@link EnginesOptions}. */
  readonly openViews?: OpenViews;
}

/** A platform that serves. Its parts are for those who share its process, such as `npm run bench`. */
export interface RunningPlatform {
  /** Where it listens, e.g. `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Signs the first browser in, once within 10 minutes; undefined where nobody needs to, or the administrator's token was revoked. */
  readonly signInLink: string | undefined;
  readonly store: EventStore;
  readonly projector: Projector;
  readonly commands: Commands;
  readonly runnerJobs: RunnerJobs;
}

/**
 * Every service and the gateway in one process, on the embedded engines, as parts of the process's life cycle: stopped in the opposite
 * order, so that what is acknowledged is on disk when the last of them has stopped.
 */
export async function startPlatform(options: PlatformOptions): Promise<RunningPlatform> {
  const { config, lifecycle } = options;
  await prepareDataDirectory(config.dataDirectory);
  const engines = await openEngines({ ...options, directory: config.dataDirectory, acceptLoss: config.acceptLoss });
  const services = await compose(options, engines);
  const { execution, shared } = services;
  const { dataDirectory } = config;

  const adminToken = await ensureAdminToken({ dataDirectory, ...shared });
  await ensureRunnerToken({ dataDirectory, ...shared });
  const application = await NestFactory.createApplicationContext(PlatformModule.of(services, engines.messages), {
    logger: false,
    abortOnError: false,
  });
  await lifecycle.start([{ name: 'services', stop: () => application.close() }]);
  const gateway = await startGateway({ ...shared, ...services, runnerJobs: execution.runnerJobs }, config.gateway);
  await lifecycle.start([{ name: 'gateway', stop: () => gateway.close() }]);
  const { runnerJobs } = execution;
  const signInLink = config.gateway.auth === 'open' ? undefined : gateway.signInLink(adminToken);
  return {
    url: gateway.url,
    signInLink,
    store: engines.store,
    projector: engines.projector,
    commands: shared.commands,
    runnerJobs,
  };
}

type Engines = Awaited<ReturnType<typeof openEngines>>;

async function compose({ config, logger, faults }: PlatformOptions, engines: Engines) {
  const receivers = new Map<CommandTarget, CommandReceiver>();
  const shared = {
    ...engines,
    clock: systemClock,
    ids: systemIds,
    timers: systemTimers,
    commands: directCommands(receivers),
    logger,
    fault: faults.at.bind(faults),
  };
  const { retentionDays, dataDirectory, leaseTermMs } = config;
  const pipelines = pipelineDefinitions(shared);
  const approvals = createApprovalService(shared);
  const artifacts = createArtifactService({
    ...shared,
    retention: { artifactDays: retentionDays, logDays: retentionDays },
  });
  const execution = createExecutionService({
    ...shared,
    jobKey: await secretKey(dataDirectory, 'job-key'),
    leaseTermMs,
  });

  const decided = [executionReceivers(shared, execution.sources), approvals.receivers, artifacts.receivers];
  for (const [target, receive] of decided.flatMap((each) => [...each])) receivers.set(target, receive);
  receivers.set('pipeline-definition', pipelines.receive);
  receivers.set('access', accessReceiver(shared.store, systemClock));

  const definitions = { parse: parseDefinitionText, validate: pipelines.validate };
  return { shared, definitions, pipelines, approvals, artifacts, execution };
}
