// Completed executions a second: so many pipelines, one execution each in a closed loop.
import { figure, number, say } from './figures.mjs';
import { FIVE_ACTIONS, noOpProvider, pipelineOf, withPlatform } from './house.mjs';

const PIPELINES = [1, 16, 64];
/** At 64 pipelines (docs/performance.md). */
const EXECUTIONS_BAR = 400;
const EVENTS_BAR = 12_000;
const VIEWS_WITHIN_MS = 1_000;

export async function benchExecutions({ warmUpS, seconds, log, pipelines: only }) {
  const figures = [];
  for (const pipelines of only ?? PIPELINES) {
    const measured = await withPlatform((house) => closedLoop(house, { pipelines, warmUpS, seconds }));
    const { executionsS, eventsS, eventsEach, cpuMsEach, viewsMs } = measured;
    const one = figures.length === 0 ? '' : 's';
    const executions = figure(`executions/s, ${pipelines} pipeline${one}`, executionsS, 'executions/s', EXECUTIONS_BAR);
    const events = figure(`events/s, ${pipelines} pipeline${one}`, eventsS, 'events/s', EVENTS_BAR);
    const views = figure(`views at the head after, ${pipelines} pipeline${one}`, viewsMs, 'ms', VIEWS_WITHIN_MS);
    for (const each of [executions, events]) say(log, each, 'bar at 64');
    say(log, views, 'bar');
    log(
      `  ${number(eventsEach)} events and ${number(cpuMsEach)} ms of processor time (all threads, provider included) an execution`,
    );
    figures.push(executions, events, views);
  }
  return figures;
}

async function closedLoop(house, { pipelines, warmUpS, seconds }) {
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
  const from = await reading();
  await new Promise((resolve) => setTimeout(resolve, end - performance.now()));
  const to = await reading();
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
    cpuMsEach: (to.cpuMs - from.cpuMs) / executions,
    viewsMs,
  };

  async function reading() {
    const { position } = await house.store.head();
    const { user, system } = process.cpuUsage();
    return { at: performance.now(), position: Number(position), completed, cpuMs: (user + system) / 1_000 };
  }
}

/** How long the views take to reach the head once the last execution is over; what is still written then counts. */
async function viewsAtHead({ store, projector }) {
  const start = performance.now();
  const { position } = await store.head();
  if (!(await projector.reached(position, 30_000))) throw new Error('The views did not reach the head within 30 s.');
  return performance.now() - start;
}
