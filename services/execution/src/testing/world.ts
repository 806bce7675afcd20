import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { DEFAULT_PROJECT, streams, type JsonObject } from '@millrace/contracts';
import type { ActionJob, JobResult } from '@millrace/contracts/runner';
import { executionEventTypes, type ExecutionEvent } from '@millrace/contracts/execution';
import type { ActionDeclaration, PipelineDeclaration } from '@millrace/contracts/pipeline-definition';
import type { Actor } from '@millrace/decider';
import { memorySnapshots, NEW_STREAM, type Envelope } from '@millrace/event-store';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { directCommands, type CommandReply, type CommandTarget } from '@millrace/messaging';
import { LogMessages } from '@millrace/messaging/log';
import { createProjector } from '@millrace/read-models';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import { systemClock, systemIds, systemTimers } from '@millrace/runtime';
import { createExecutionService, executionReceivers, type ExecutionService } from '../execution.service.js';

export const ADA: Actor = { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' };
export const RUNNER: Actor = { kind: 'runner', id: 'r1', name: 'runner one', issuer: 'millrace' };
const PIPELINE_ID = '11111111-1111-4111-8111-111111111111';

export const action = (name: string, given: Partial<ActionDeclaration> = {}): ActionDeclaration => ({
  name,
  actionTypeId: { category: 'Compute', owner: 'AWS', provider: 'Commands', version: '1' },
  runOrder: 1,
  configuration: {},
  commands: ['true'],
  inputArtifacts: [],
  outputArtifacts: [],
  ...given,
});

export const source = (name: string, configuration: Record<string, string> = {}): ActionDeclaration =>
  action(name, {
    actionTypeId: { category: 'Source', owner: 'Millrace', provider: 'Git', version: '1' },
    configuration: { RepositoryUrl: '/tmp/shop', PollForSourceChanges: 'false', ...configuration },
  });

export const shop = (...stages: [string, ...ActionDeclaration[]][]): PipelineDeclaration => ({
  name: 'shop',
  executionMode: 'SUPERSEDED',
  pipelineType: 'V2',
  stages: stages.map(([name, ...actions]) => ({ name, actions })),
});

/** The execution service on real engines in a directory of its own, with runners played by the test. */
export async function world(options: { readonly leaseTermMs?: number } = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-execution-'));
  const jobKey = randomBytes(32);
  const opened = await open(directory, jobKey, options.leaseTermMs ?? 30_000);
  return {
    ...opened,
    /** Ends everything and starts again on the same data. */
    async restart() {
      await opened.stop();
      return {
        ...(await open(directory, jobKey, options.leaseTermMs ?? 30_000)),
        remove: () => rm(directory, { recursive: true, force: true }),
      };
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

async function open(directory: string, jobKey: Buffer, leaseTermMs: number) {
  const store = await SqliteEventStore.open({ directory });
  const readModels = await SqliteReadModels.open({ directory });
  const messages = new LogMessages({ store, directory });
  const shared = {
    store,
    readModels,
    messages,
    clock: systemClock,
    ids: systemIds,
    timers: systemTimers,
    snapshots: memorySnapshots(),
  };
  const commands = directCommands(
    executionReceivers(shared, { lookNow: (...source) => service.sources.lookNow(...source) }),
  );
  const logger = { debug: () => undefined, warn: () => undefined };
  const service: ExecutionService = createExecutionService({
    ...shared,
    commands,
    logger,
    jobKey,
    leaseTermMs,
    fault: () => undefined,
  });
  const projector = createProjector({ store, readModels, projections: service.projections });
  await projector.start();
  await service.start();
  return {
    store,
    service,
    ...driver({ store, commands, service }),
    async stop() {
      await service.stop();
      await messages.close();
      await projector.stop();
      await readModels.close();
      await store.close();
    },
  };
}

type Parts = {
  store: SqliteEventStore;
  commands: ReturnType<typeof directCommands>;
  service: ExecutionService;
};

/** What a person and a runner do. */
function driver({ store, commands, service }: Parts) {
  const envelope = (): Envelope => ({
    commandId: systemIds.uuid(),
    project: DEFAULT_PROJECT,
    actor: ADA,
    correlationId: systemIds.uuid(),
  });
  const send = (
    target: CommandTarget,
    type: string,
    data: object,
    ids: { readonly executionId?: string; readonly commandId?: string } = {},
  ): Promise<CommandReply> => {
    const { executionId, commandId = systemIds.uuid() } = ids;
    const addressed = { target, type, data: data as JsonObject, ...(executionId === undefined ? {} : { executionId }) };
    return commands.send(addressed, { ...envelope(), commandId });
  };

  const lease = async (requestId: string = systemIds.uuid(), waitMs = 5_000) => {
    const request = { requestId, runnerId: 'r1', labels: [], waitMs };
    const { job } = await service.runnerJobs.lease(RUNNER, DEFAULT_PROJECT, request, new AbortController().signal);
    return job as ActionJob | undefined;
  };
  const report = async (job: Pick<ActionJob, 'jobToken' | 'nonce'>, result: JobResult = { status: 'succeeded' }) => {
    const grant = await service.runnerJobs.grant(job.jobToken);
    if (grant === undefined) throw new Error('The job token was refused.');
    return service.runnerJobs.report(grant, { nonce: job.nonce, result });
  };
  const events = async (executionId: string): Promise<readonly ExecutionEvent[]> => {
    const { events: recorded } = await store.readStream(streams.execution(DEFAULT_PROJECT, executionId));
    return recorded.map((event) => executionEventTypes.decode<ExecutionEvent>(event));
  };

  return {
    send,
    lease,
    report,
    events,
    /** Appends the definition as the pipeline-definition service would. */
    async define(declaration: PipelineDeclaration, version = 1) {
      const stream = streams.pipeline(DEFAULT_PROJECT, declaration.name);
      const { head } = await store.readStream(stream);
      const base = { pipelineId: PIPELINE_ID, name: declaration.name, version, declaration };
      const data =
        version === 1
          ? { ...base, tags: [], createdAt: systemClock.now() }
          : { ...base, previousVersion: version - 1, updatedAt: systemClock.now() };
      const metadata = {
        id: systemIds.uuid(),
        time: systemClock.now(),
        project: DEFAULT_PROJECT,
        pipelineId: PIPELINE_ID,
        commandId: systemIds.uuid(),
        actor: ADA,
        correlationId: 'c',
      };
      await store.append(stream, version === 1 ? NEW_STREAM : head, [
        {
          type: version === 1 ? 'PipelineCreated' : 'PipelineUpdated',
          version: 1,
          data: data as unknown as JsonObject,
          metadata,
        },
      ]);
    },
    start: (given: object = {}) =>
      send('traffic', 'StartExecution', {
        pipelineName: 'shop',
        clientToken: systemIds.uuid(),
        trigger: { type: 'StartPipelineExecution', detail: 'Ada' },
        variables: [],
        sourceRevisions: [],
        ...given,
      }),
    /** Resolves when the execution's stream holds such an event. */
    async until(executionId: string, wanted: (event: ExecutionEvent) => boolean): Promise<ExecutionEvent> {
      const signal = AbortSignal.timeout(10_000);
      for await (const batch of store.subscribe({ after: 0n, categories: ['execution'], signal }))
        for (const recorded of batch.events) {
          const event = executionEventTypes.decode<ExecutionEvent>(recorded);
          if (recorded.metadata.executionId === executionId && wanted(event)) return event;
        }
      throw new Error(`Did not happen; what did: ${(await events(executionId)).map(({ type }) => type).join(' ')}`);
    },
    async work(count: number) {
      for (let done = 0; done < count; done += 1) {
        const job = await lease();
        if (job === undefined) throw new Error(`No job number ${done + 1} came.`);
        await report(job);
      }
    },
  };
}

/** The id of the execution that a start has admitted. */
export function admitted(reply: CommandReply): string {
  if (!reply.accepted) throw new Error(`Refused: ${reply.code} ${reply.message}`);
  const event = reply.events.find(({ type }) => type === 'ExecutionAdmitted');
  return (event?.data as { executionId: string }).executionId;
}
