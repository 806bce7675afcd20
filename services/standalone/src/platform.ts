import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { FilesActionLogs } from '@millrace/action-logs/files';
import { createApprovalService } from '@millrace/approval';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { createExecutionService, executionReceivers } from '@millrace/execution';
import {
  accessReceiver,
  ensureAdminToken,
  ensureRunnerToken,
  projections,
  startGateway,
  type Logger,
} from '@millrace/gateway';
import { directCommands, type CommandReceiver, type CommandTarget } from '@millrace/messaging';
import { LogMessages } from '@millrace/messaging/log';
import { FilesObjectStore } from '@millrace/object-store/files';
import { pipelineDefinitions } from '@millrace/pipeline-definition';
import { createProjector } from '@millrace/read-models';
import { SqliteReadModels, SqliteSnapshots } from '@millrace/read-models/sqlite';
import { systemClock, systemIds, systemTimers } from '@millrace/runtime';
import type { StandaloneConfig } from './config.js';

export interface PlatformOptions {
  readonly config: StandaloneConfig;
  readonly logger: Logger;
  /** The log can no longer be trusted with a write: the process must end. */
  readonly onFatal: (error: Error) => void;
}

export interface RunningPlatform {
  readonly url: string;
  /** Everything that was acknowledged is on disk; what runs elsewhere goes on. */
  stop(): Promise<void>;
}

const SYSTEM = { clock: systemClock, ids: systemIds, timers: systemTimers };

/** What was opened, closed in the opposite order. */
class Opened {
  private readonly closers: (() => Promise<void>)[] = [];

  onStop(closer: () => Promise<void>): void {
    this.closers.unshift(closer);
  }

  async close(): Promise<void> {
    for (const closer of this.closers) await closer();
  }
}

/** Every service and the gateway in one process, on the embedded engines. */
export async function startPlatform(options: PlatformOptions): Promise<RunningPlatform> {
  const opened = new Opened();
  try {
    const url = await open(options, opened);
    return { url, stop: () => opened.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function open({ config, logger, onFatal }: PlatformOptions, opened: Opened): Promise<string> {
  const { dataDirectory } = config;
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const engines = await openEngines(config, logger, { opened, onFatal });
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
  opened.onStop(() => messages.close());

  const shared = { ...SYSTEM, store, readModels, messages, commands, logger, snapshots: engines.snapshots };
  const definitions = pipelineDefinitions(shared);
  const approvals = createApprovalService(shared);
  const execution = createExecutionService({
    ...shared,
    jobKey: await secretKey(dataDirectory, 'job-key'),
    leaseTermMs: config.leaseTermMs,
    fault: () => undefined,
  });
  for (const [target, receive] of [...executionReceivers(shared), ...approvals.receivers])
    receivers.set(target, receive);
  receivers.set('pipeline-definition', definitions.receive);
  receivers.set('access', accessReceiver(store, systemClock));

  const projector = createProjector({
    store,
    readModels,
    projections: [...projections, ...execution.projections, ...approvals.projections],
    onStopped: (status) =>
      logger.error({ ...status, checkpoint: String(status.checkpoint) }, 'A projection has stopped'),
  });
  await projector.start();
  opened.onStop(() => projector.stop());
  await ensureAdminToken({ dataDirectory, store, commands });
  await ensureRunnerToken({ dataDirectory, store, commands });
  await execution.start();
  opened.onStop(() => execution.stop());
  await approvals.start(messages);
  opened.onStop(() => approvals.stop());
  const gateway = await startGateway(
    { ...shared, projector, runnerJobs: execution.runnerJobs, objects, logs },
    config.gateway,
  );
  opened.onStop(() => gateway.close());
  return gateway.url;
}

async function openEngines(
  { dataDirectory: directory, acceptLoss }: StandaloneConfig,
  logger: Logger,
  { opened, onFatal }: { readonly opened: Opened; readonly onFatal: (error: Error) => void },
) {
  const store = await SqliteEventStore.open({ directory, acceptLoss, onFatal });
  opened.onStop(() => store.close());
  const readModels = await SqliteReadModels.open({
    directory,
    onSetAside: (message: string) => logger.warn({}, message),
  });
  opened.onStop(() => readModels.close());
  const objects = await FilesObjectStore.open({ directory: join(directory, 'objects') });
  const logs = await FilesActionLogs.open({ directory: join(directory, 'logs') });
  return { store, readModels, snapshots: new SqliteSnapshots(readModels), objects, logs };
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
