// From one action's end to the next one's start, one execution in flight.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { figure, median, percentile, say } from './figures.mjs';
import { FIVE_ACTIONS, noOpProvider, pipelineOf, withPlatform } from './house.mjs';
import { wrapped } from './machine.mjs';
import { makeRepository } from './demo-pipeline.mjs';

/** What is allowed beside the commits, ms. */
const OWN_MS = 0.6;
const COMMITS = { 'within a stage': 2, 'across stages': 4 };
const TAIL = 4;
const RUNNER_SHARE_MS = 10;

export async function benchHops({ seconds, log, machine }) {
  const hops = await withPlatform((house) => providerHops(house, seconds * 1_000));
  const figures = Object.entries(COMMITS).flatMap(([where, commits]) => {
    const values = hops[where];
    const p50 = median(values);
    const reference = commits * machine.commitMs + OWN_MS;
    const middle = figure(`action end to next start, ${where}, p50`, p50, 'ms', reference);
    const tail = figure(`action end to next start, ${where}, p99`, percentile(values, 0.99), 'ms', TAIL * p50);
    say(log, middle, `${commits} commits + ${OWN_MS}:`);
    say(log, tail, `${TAIL} × p50:`);
    return [middle, tail];
  });
  return figures;
}

/** From the provider's return to its next call. */
async function providerHops(house, durationMs) {
  const hops = { 'within a stage': [], 'across stages': [] };
  let returned;
  let warm = false;
  const provider = noOpProvider(house, 2, {
    called: ({ executionId, stageName }) => {
      if (warm && returned?.executionId === executionId)
        hops[returned.stageName === stageName ? 'within a stage' : 'across stages'].push(
          performance.now() - returned.at,
        );
    },
    returns: ({ executionId, stageName }) => {
      returned = { executionId, stageName, at: performance.now() };
    },
  });
  await house.define(pipelineOf('hops', FIVE_ACTIONS));
  const start = performance.now();
  while (performance.now() - start < durationMs) {
    await house.run('hops');
    warm ||= performance.now() - start > durationMs / 4;
  }
  await provider.stop();
  await house.stopWatching();
  return hops;
}

const ROUNDS = 5;
const SPAWNS_A_ROUND = 10;
const ACTIONS = Array.from({ length: 20 }, (_, index) => `Step${index}`);

/** The real runner in its own process, over HTTP, `true` as the command: what is not the bare spawn is ours. */
export async function benchRunner({ log }) {
  const { periods, spawnMs } = await withPlatform(runnerPeriods);
  const share = median(periods) - spawnMs;
  const result = figure('platform’s share of an action that runs `true`, p50', share, 'ms', RUNNER_SHARE_MS);
  say(log, result, 'bar');
  log(`  action to action ${median(periods).toFixed(1)} ms, bare spawn of the wrapper ${spawnMs.toFixed(1)} ms`);
  return [result];
}

async function runnerPeriods(house) {
  const main = join(import.meta.dirname, '../../services/runner/dist/main.js');
  const runner = spawn(process.execPath, [main], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      HOME: house.directory,
      MILLRACE_URL: house.url,
      MILLRACE_RUNNER_TOKEN_FILE: join(house.directory, 'runner-token'),
      MILLRACE_RUNNER_DIR: join(house.directory, 'bench-runner'),
    },
  });
  try {
    return await stagePeriods(house);
  } finally {
    const gone = new Promise((resolve) => runner.once('exit', resolve));
    runner.kill('SIGTERM');
    await gone;
    await house.stopWatching();
  }
}

/** Between the ends of consecutive actions of one stage. */
async function stagePeriods(house) {
  const repository = join(house.directory, 'repository');
  mkdirSync(repository);
  writeFileSync(join(repository, 'README'), 'bench\n');
  makeRepository(repository);
  const pipeline = pipelineOf('runner', { Build: ACTIONS });
  pipeline.stages[0].actions[0].configuration.RepositoryUrl = repository;
  const ends = [];
  const abort = new AbortController();
  const following = followEnds(house.store, abort.signal, ends);
  // The first execution warms up.
  await house.define(pipeline);
  const spawns = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ends.push(undefined);
    // Between the rounds, so that a slow moment of the machine meets both.
    spawns.push(wrapped(['true'], SPAWNS_A_ROUND));
    await house.run('runner');
  }
  abort.abort();
  await following;
  const measured = ends.slice(ends.indexOf(undefined));
  const periods = measured.flatMap((end, at) => {
    const before = measured[at - 1];
    return end?.stage === 'Build' && before?.stage === 'Build' ? [end.at - before.at] : [];
  });
  return { periods, spawnMs: median(spawns) };
}

async function followEnds(store, signal, ends) {
  const { position } = await store.head();
  for await (const { events } of store.subscribe({ after: position, categories: ['execution'], signal }))
    for (const { type, data } of events)
      if (type === 'ActionFinished') ends.push({ at: performance.now(), stage: data.stage });
}
