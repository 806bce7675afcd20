// `node scripts/bench/history.mjs [executions]`: what a page of the history costs at its beginning, its middle and its end. Not a part of
// `npm run bench`: it fills a disk with some gigabytes first. Needs a build.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import { projections } from '@millrace/gateway';

const EXECUTIONS = Number(process.argv[2] ?? 200_000);
const PIPELINES = 20;
const BATCH = 500;
const PAGE = 50;
const SAMPLES = 200;

const projection = projections.find(({ collection }) => collection.name === 'executions');
const directory = await mkdtemp(join(tmpdir(), 'millrace-history-'));
const models = await SqliteReadModels.open({ directory, logId: 'bench' });

/** As large as one of three stages and five actions is. */
function execution(number) {
  const executionId = `${number.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
  const startedAt = new Date(Date.parse('2025-01-01T00:00:00.000Z') + number * 1_000).toISOString();
  const attempt = (action) => ({
    actionExecutionId: `${executionId}.${action}`,
    ...{
      attempt: 1,
      status: 'Succeeded',
      statusSince: startedAt,
      startedAt,
      finishedAt: startedAt,
      dueAt: startedAt,
      work: 'job',
    },
    configuration: { ProjectName: 'x'.repeat(60) },
    inputArtifacts: [{ name: 'Tree', sha256: 'a'.repeat(64), bytes: 1_000 }],
    jobs: [
      { jobId: `${executionId}.job`, attempt: 1, status: 'Succeeded', labels: [], runnerId: 'r', offeredAt: startedAt },
    ],
    log: { bytes: 100, sha256: 'b'.repeat(64), dropped: 0 },
  });
  const action = (name) => ({
    name,
    actionTypeId: { category: 'Build', owner: 'AWS', provider: 'Commands', version: '1' },
    runOrder: 1,
    attempts: [attempt(name)],
  });
  const stage = (name, actions) => ({ name, status: 'Succeeded', startedAt, retries: 0, actions: actions.map(action) });
  return {
    ...{
      project: 'default',
      executionId,
      pipelineId: `p${number % PIPELINES}`,
      pipelineName: `p${number % PIPELINES}`,
    },
    ...{ pipelineVersion: 1, ordinal: Math.floor(number / PIPELINES) + 1, statusSince: startedAt, startedAt },
    status: number % 10 === 0 ? 'Failed' : 'Succeeded',
    trigger: { type: 'PollForSourceChanges', detail: 'Checkout' },
    startedBy: { kind: 'service', id: 'source', name: 'source', issuer: 'millrace' },
    ...{
      variables: [],
      revisions: [],
      stages: [stage('Source', ['S']), stage('Build', ['A', 'B', 'C']), stage('Deploy', ['D'])],
    },
  };
}

async function fill() {
  await models.declare(projection.name, [projection.collection]);
  for (let from = 0; from < EXECUTIONS; from += BATCH) {
    const writes = Array.from({ length: Math.min(BATCH, EXECUTIONS - from) }, (_, index) => {
      const document = execution(from + index);
      const id = `default/${document.executionId}`;
      return { collection: 'executions', id, position: BigInt(from + index + 1), document };
    });
    await models.apply(projection.name, { checkpoint: BigInt(from + writes.length), writes });
  }
}

/** Every page of one list, its time, and where it stood; read through once, so that each cursor is a real one. */
async function pages(index, equals) {
  const times = [];
  let after;
  for (;;) {
    const startedMs = performance.now();
    const page = await models.page('executions', {
      ...{ index, equals, limit: PAGE, direction: 'descending' },
      ...(after === undefined ? {} : { after }),
    });
    times.push(performance.now() - startedMs);
    if (!page.hasMore) return times;
    after = page.items.at(-1).cursor;
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const ms = (value) => `${value.toFixed(2)} ms`;

try {
  const startedMs = performance.now();
  await fill();
  const { size } = await stat(join(directory, 'views.sqlite'));
  console.log(
    `${EXECUTIONS} executions, ${Math.round(size / 1_048_576)} MiB, written in ${Math.round((performance.now() - startedMs) / 1_000)} s`,
  );
  for (const [index, ...equals] of [
    ['byStart', 'default'],
    ['byStatus', 'default', 'Failed'],
    ['byPipeline', 'default', 'p3'],
    ['byPipelineStatus', 'default', 'p3', 'Succeeded'],
  ]) {
    const times = await pages(index, equals);
    const count = Math.min(SAMPLES, Math.floor(times.length / 3));
    const middle = Math.floor((times.length - count) / 2);
    console.log(
      `${index}: ${times.length} pages of ${PAGE}; p50 of the first ${count} ${ms(median(times.slice(0, count)))}, ` +
        `in the middle ${ms(median(times.slice(middle, middle + count)))}, of the last ${ms(median(times.slice(-count)))}`,
    );
  }
} finally {
  await models.close();
  await rm(directory, { recursive: true });
}
