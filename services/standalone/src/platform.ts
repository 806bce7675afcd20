import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { FilesActionLogs } from '@millrace/action-logs/files';
import { createApprovalService } from '@millrace/approval';
import { createArtifactService } from '@millrace/artifact';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { createExecutionService, executionReceivers } from '@millrace/execution';
import { accessReceiver, ensureAdminToken, ensureRunnerToken, projections, startGateway } from '@millrace/gateway';
import { directCommands, type CommandReceiver, type CommandTarget } from '@millrace/messaging';
import { LogMessages } from '@millrace/messaging/log';
import { FilesObjectStore } from '@millrace/object-store/files';
import { parseDefinitionText, pipelineDefinitions } from '@millrace/pipeline-definition';
import { createProjector } from '@millrace/read-models';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import { systemClock, systemIds, systemTimers, type Faults, type Lifecycle, type Logger } from '@millrace/runtime';
import type { StandaloneConfig } from './config.js';

export interface PlatformOptions {
  readonly config: StandaloneConfig;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly faults: Faults;
  /** The log can no longer be trusted with a write: the process must end. */
  readonly onFatal: (error: Error) => void;
}

const SYSTEM = { clock: systemClock, ids: systemIds, timers: systemTimers };

/**
 * Every service and the gateway in one process, on the embedded engines, as parts of the process's life cycle: stopped in the opposite
 * order, so that what is acknowledged is on disk when the last of them has stopped.
 *
 * @returns where it listens.
 */
export async function startPlatform(options: PlatformOptions): Promise<string> {
  const { config, logger, lifecycle, faults } = options;
  const { dataDirectory } = config;
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const engines = await openEngines(options);
  const { store, readModels, objects, logs } = engines;

  const receivers = new Map<CommandTarget, CommandReceiver>();
  const commands = directCommands(receivers);
  const messages = new LogMessages({
    store,
    directory: dataDirectory,
    onParked: (parked) =>
      logger.error(
        { ...parked, position: String(parked.position) },
        'A message was set aside; look at it with: millrace parked list',
      ),
    onError: (error) => logger.warn({ cause: causeOf(error) }, 'A position could not be stored; trying again'),
  });
  await lifecycle.start([{ name: 'messages', stop: () => messages.close() }]);

  const fault = faults.at.bind(faults);
  const shared = { ...SYSTEM, store, readModels, messages, commands, logger, fault, snapshots: readModels.snapshots };
  const pipelines = pipelineDefinitions(shared);
  const definitions = { parse: parseDefinitionText, validate: pipelines.validate };
  const approvals = createApprovalService(shared);
  const { retentionDays } = config;
  const artifacts = createArtifactService({
    ...shared,
    objects,
    logs,
    retention: { artifactDays: retentionDays, logDays: retentionDays },
  });
  const execution = createExecutionService({
    ...shared,
    jobKey: await secretKey(dataDirectory, 'job-key'),
    leaseTermMs: config.leaseTermMs,
  });
  const decided = [executionReceivers(shared, execution.sources), approvals.receivers, artifacts.receivers];
  for (const [target, receive] of decided.flatMap((each) => [...each])) receivers.set(target, receive);
  receivers.set('pipeline-definition', pipelines.receive);
  receivers.set('access', accessReceiver(store, systemClock));

  const projector = createProjector({
    store,
    readModels,
    projections: [...projections, ...execution.projections, ...approvals.projections, ...artifacts.projections],
    onStopped: (status) =>
      logger.error({ ...status, checkpoint: String(status.checkpoint) }, 'A projection has stopped'),
  });
  await lifecycle.start([{ name: 'projector', start: () => projector.start(), stop: () => projector.stop() }]);
  await ensureAdminToken({ dataDirectory, store, commands });
  await ensureRunnerToken({ dataDirectory, store, commands });
  await lifecycle.start([
    { name: 'execution', start: () => execution.start(), stop: () => execution.stop() },
    { name: 'approval', start: () => approvals.start(messages), stop: () => approvals.stop() },
    { name: 'artifact', start: () => artifacts.start(messages), stop: () => artifacts.stop() },
  ]);
  const gateway = await startGateway(
    { ...shared, definitions, projector, runnerJobs: execution.runnerJobs, objects, logs },
    config.gateway,
  );
  await lifecycle.start([{ name: 'gateway', stop: () => gateway.close() }]);
  return gateway.url;
}

async function openEngines({ config, logger, lifecycle, onFatal }: PlatformOptions) {
  const { dataDirectory: directory, acceptLoss } = config;
  const witnesses = SqliteReadModels.witnesses(directory);
  const store = await SqliteEventStore.open({ directory, acceptLoss, onFatal, witnesses });
  await lifecycle.start([{ name: 'event store', stop: () => store.close() }]);
  const readModels = await SqliteReadModels.open({
    directory,
    logId: store.logId,
    onSetAside: (message: string) => logger.warn({}, message),
  });
  await lifecycle.start([{ name: 'read models', stop: () => readModels.close() }]);
  const objects = await FilesObjectStore.open({ directory: join(directory, 'objects') });
  const logs = await FilesActionLogs.open({ directory: join(directory, 'logs') });
  return { store, readModels, objects, logs };
}

/** 256 random bits that are made once. A file that is there is never replaced. */
async function secretKey(dataDirectory: string, name: string): Promise<Buffer> {
  const directory = join(dataDirectory, 'secrets');
  const path = join(directory, name);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    return Buffer.from(await readFile(path, 'utf8'), 'hex');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const key = randomBytes(32);
  await writeFile(`${path}.new`, key.toString('hex'), { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
  return key;
}

const causeOf = (error: unknown): string => (Error.isError(error) ? error.message : String(error));
