// Completed executions a second: so many pipelines, one execution each in a closed loop.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { figure, number, say } from './figures.mjs';
import { FIVE_ACTIONS, noOpProvider, pipelineOf, withPlatform } from './house.mjs';

const PIPELINES = [1, 16, 64];
/** At 64 pipelines (docs/performance.md). */
const EXECUTIONS_BAR = 400;
const EVENTS_BAR = 12_000;
const VIEWS_WITHIN_MS = 1_000;

export async function benchExecutions({ warmUpS, seconds, log, pipelines: only, profile }) {
  const figures = [];
  for (const pipelines of only ?? PIPELINES) {
    const measured = await withPlatform((house) => closedLoop(house, { pipelines, warmUpS, seconds, profile }));
    const { executionsS, eventsS, eventsEach, loopMsEach, allMsEach, viewsMs } = measured;
    const one = figures.length === 0 ? '' : 's';
    const executions = figure(`executions/s, ${pipelines} pipeline${one}`, executionsS, 'executions/s', EXECUTIONS_BAR);
    const events = figure(`events/s, ${pipelines} pipeline${one}`, eventsS, 'events/s', EVENTS_BAR);
    const views = figure(`views at the head after, ${pipelines} pipeline${one}`, viewsMs, 'ms', VIEWS_WITHIN_MS);
    for (const each of [executions, events]) say(log, each, 'bar at 64');
    say(log, views, 'bar');
    log(
      `  an execution: ${number(eventsEach)} events, ${number(loopMsEach)} ms of processor time of the event loop (provider included), ${number(allMsEach)} ms of all threads`,
    );
    figures.push(executions, events, views);
  }
  return figures;
}

async function closedLoop(house, { pipelines, warmUpS, seconds, profile }) {
  const provider = noOpProvider(house, pipelines * 2);
  const names = Array.from({ length: pipelines }, (_, index) => `bench-${index}`);
  await Promise.all(names.map((name) => house.define(pipelineOf(name, FIVE_ACTIONS))));
  let completed = 0;
  const end = performance.now() + (warmUpS + seconds) * 1_000;
  const loops = names.map(async (name) => {
    while (performance.now() < end) {
      await house.run(name);
      completed += 1;
    }
  });
  await new Promise((resolve) => setTimeout(resolve, warmUpS * 1_000));
  const profiling = profile === undefined ? undefined : await startProfile();
  const from = await reading();
  await new Promise((resolve) => setTimeout(resolve, end - performance.now()));
  const to = await reading();
  await profiling?.write(`${profile}.${pipelines}.cpuprofile`);
  await Promise.all(loops);
  const viewsMs = await viewsAtHead(house);
  await provider.stop();
  await house.stopWatching();
  const elapsedS = (to.at - from.at) / 1_000;
  const events = to.position - from.position;
  const executions = to.completed - from.completed;
  return {
    executionsS: executions / elapsedS,
    eventsS: events / elapsedS,
    eventsEach: events / executions,
    loopMsEach: (to.loopMs - from.loopMs) / executions,
    allMsEach: (to.allMs - from.allMs) / executions,
    viewsMs,
  };

  async function reading() {
    const { position } = await house.store.head();
    return { at: performance.now(), position: Number(position), completed, ...processorMs() };
  }
}

/** How long the views take to reach the head once the last execution is over; what is still written then counts. */
async function viewsAtHead({ store, projector }) {
  const start = performance.now();
  const { position } = await store.head();
  if (!(await projector.reached(position, 30_000))) throw new Error('The views did not reach the head within 30 s.');
  return performance.now() - start;
}

/** Used so far by the thread of the event loop, and by all threads of the process. */
function processorMs() {
  const sum = ({ user, system }) => (user + system) / 1_000;
  return { loopMs: sum(process.threadCpuUsage()), allMs: sum(process.cpuUsage()) };
}

/** Of the measured time alone, for Chrome's developer tools. */
async function startProfile() {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  return {
    write: async (file) => {
      const { profile } = await session.post('Profiler.stop');
      writeFileSync(file, JSON.stringify(profile));
      session.disconnect();
    },
  };
}
