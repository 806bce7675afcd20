import fc from 'fast-check';
import { Actors, Runners } from './testing/simulation/actors.js';
import { Choices } from './testing/simulation/choices.js';
import { STAGE_NAMES } from './testing/simulation/declarations.js';
import { Simulation } from './testing/simulation/simulation.js';

const RUNS = 220;
const CHOICES_MAX = 5_000;
/** On average; a machine that is slower does fewer runs, and shrinking a failure ends there, too. */
const RUN_MS_MAX = 150;
/** Of the story of a run that broke a law. */
const LINES_TOLD = 120;

/** Everybody acts as chosen until the choices are used up, then everybody finishes what there is. */
async function live(simulation: Simulation): Promise<void> {
  const { choices } = simulation;
  const actors = new Actors(simulation);
  const runners = new Runners(simulation, () => actors.remoteHead);
  actors.createPipeline();
  while (!choices.exhausted) {
    if (choices.onceIn(8)) actors.act();
    else if (choices.onceIn(3)) runners.act();
    else if (!(await simulation.advance())) {
      simulation.laws.atRest();
      runners.act();
    }
  }
  await simulation.rest();
  actors.openAll();
  do await simulation.rest();
  while ((await runners.workAll()) || actors.approveAll());
  simulation.laws.atTheEnd(STAGE_NAMES.length);
}

async function keepsTheLaws(numbers: readonly number[]): Promise<void> {
  const simulation = new Simulation(new Choices(numbers));
  try {
    await live(simulation);
  } catch (error) {
    throw new Error(`${String(error)}\n${simulation.story.slice(-LINES_TOLD).join('\n')}`, { cause: error });
  }
}

/**
 * The same runs each time; others with MILLRACE_SEED, more with MILLRACE_RUNS. A failure names its seed and path: with both, as
 * MILLRACE_SEED and MILLRACE_PATH, its smallest form alone is replayed.
 */
const { MILLRACE_SEED = '1', MILLRACE_RUNS = String(RUNS), MILLRACE_PATH: path } = process.env;

test(
  'whatever happens in whatever order, the laws hold',
  async () => {
    const numbers = fc.array(fc.nat(0xffff), { minLength: 300, maxLength: CHOICES_MAX, size: 'max' });
    const numRuns = Number(MILLRACE_RUNS);
    await fc.assert(fc.asyncProperty(numbers, keepsTheLaws), {
      seed: Number(MILLRACE_SEED),
      numRuns,
      interruptAfterTimeLimit: RUN_MS_MAX * numRuns,
      ...(path === undefined ? {} : { path }),
    });
  },
  RUN_MS_MAX * 10 * Number(MILLRACE_RUNS),
);
