// The platform of `npm start` in this process: the same composition, a directory and a port of its own, no runner.
import { mkdtempSync, rmSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFaults, createLifecycle, createLogger } from '@millrace/runtime';
import { standaloneConfig, startPlatform } from '@millrace/standalone';

const PROJECT = 'default';
const ACTOR = { kind: 'service', id: 'bench', name: 'bench', issuer: 'millrace' };

/** Runs `work` on a platform and leaves nothing behind. */
export async function withPlatform(work) {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const logger = createLogger({ level: process.env.MILLRACE_LOG_LEVEL ?? 'error', name: 'bench' });
  const lifecycle = createLifecycle({ logger });
  const fail = (error) => {
    throw error;
  };
  try {
    const config = standaloneConfig({ MILLRACE_DATA: directory, MILLRACE_PORT: '0' }, [], directory);
    const faults = createFaults({ crashAt: undefined, allowFaults: false, isProduction: false });
    const platform = await startPlatform({ config, logger, lifecycle, faults, onFatal: fail });
    return await work({ ...platform, directory, ...commandsOf(platform) });
  } finally {
    await lifecycle.stop('the bench is done');
    rmSync(directory, { recursive: true, force: true });
  }
}

function commandsOf({ commands, store }) {
  const send = async (target, type, data) => {
    const commandId = randomUUID();
    const reply = await commands.send(
      { target, type, data },
      { commandId, project: PROJECT, actor: ACTOR, correlationId: commandId },
    );
    if (!reply.accepted)
      throw new Error(`${type} was refused: ${reply.message} ${JSON.stringify(reply.details ?? [])}`);
    return reply;
  };
  const watch = watchEnds(store);
  return {
    project: PROJECT,
    actor: ACTOR,
    /** The execution that a creation starts is over when it resolves. */
    define: async (declaration) => {
      const pipelineId = randomUUID();
      const first = watch.next(({ metadata }) => metadata.pipelineId === pipelineId);
      await send('pipeline-definition', 'CreatePipeline', { pipelineId, declaration });
      await first;
    },
    /** Runs one execution to its end. */
    run: async (pipelineName) => {
      const trigger = { type: 'StartPipelineExecution', detail: ACTOR.name };
      const data = { pipelineName, clientToken: randomUUID(), trigger, variables: [], sourceRevisions: [] };
      const { events } = await send('traffic', 'StartExecution', data);
      await watch.execution(events[0].data.executionId);
    },
    stopWatching: () => watch.stop(),
  };
}

/** One follower of the log for all who wait for an execution's end. */
function watchEnds(store) {
  const waiting = new Map();
  const ended = new Map();
  const others = new Set();
  const abort = new AbortController();
  const follow = async () => {
    for await (const { events } of store.subscribe({
      after: (await store.head()).position,
      categories: ['execution'],
      signal: abort.signal,
    }))
      for (const event of events) if (event.type === 'ExecutionFinished') finished(event);
  };
  const finished = (event) => {
    const { executionId } = event.metadata;
    for (const other of [...others]) if (other.matches(event)) other.resolve(others.delete(other));
    const waiter = waiting.get(executionId);
    if (waiter === undefined) ended.set(executionId, event);
    else waiter(event);
    waiting.delete(executionId);
  };
  const following = follow();
  const succeeded = ({ data }) => {
    if (data.status !== 'Succeeded')
      throw new Error(`An execution of the bench ended as ${data.status}: ${data.summary ?? ''}`);
  };
  return {
    next: (matches) => new Promise((resolve) => others.add({ matches, resolve })),
    execution: async (executionId) => {
      const early = ended.get(executionId);
      ended.delete(executionId);
      succeeded(early ?? (await new Promise((resolve) => waiting.set(executionId, resolve))));
    },
    stop: () => {
      abort.abort();
      return following;
    },
  };
}

/** The provider that does nothing, in this process: what a runner would ask over HTTP is called. */
export function noOpProvider({ runnerJobs, actor, project }, slots, { called, returns } = {}) {
  const abort = new AbortController();
  const serve = async (slot) => {
    while (!abort.signal.aborted) {
      const request = { requestId: randomUUID(), runnerId: `bench-${slot}`, labels: [], waitMs: 20_000 };
      const { job } = await runnerJobs.lease(actor, project, request, abort.signal);
      if (job === undefined) continue;
      called?.(job);
      const grant = await runnerJobs.grant(job.jobToken);
      returns?.(job);
      const report = await runnerJobs.report(grant, { nonce: job.nonce, logBytes: 0, result: { status: 'succeeded' } });
      if (!report.accepted) throw new Error(`A report was refused: ${report.message}`);
    }
  };
  const serving = Promise.all(Array.from({ length: slots }, (_, slot) => serve(slot)));
  return {
    stop: () => {
      abort.abort();
      return serving;
    },
  };
}

const type = (category, owner, provider) => ({ category, owner, provider, version: '1' });

/** A source that nobody polls, and stages of actions that run one after the other. */
export function pipelineOf(name, stages) {
  const source = {
    name: 'Checkout',
    actionTypeId: type('Source', 'Millrace', 'Git'),
    configuration: { RepositoryUrl: '/srv/git/bench.git', PollForSourceChanges: 'false' },
    outputArtifacts: [{ name: 'Tree' }],
  };
  const command = (action, at) => ({
    name: action,
    actionTypeId: type('Compute', 'AWS', 'Commands'),
    runOrder: at + 1,
    commands: ['true'],
  });
  return {
    name,
    pipelineType: 'V2',
    stages: [
      { name: 'Source', actions: [source] },
      ...Object.entries(stages).map(([stage, actions]) => ({ name: stage, actions: actions.map(command) })),
    ],
  };
}

/** Three stages, five actions (the bar's own). */
export const FIVE_ACTIONS = { Build: ['Compile', 'Lint'], Deploy: ['Release', 'Announce'] };
