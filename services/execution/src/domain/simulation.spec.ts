import type { PipelineDeclaration } from '@millrace/contracts/pipeline-definition';
import type { TrafficEvent } from '@millrace/contracts/execution';
import { isFinished, type Job } from './execution.state.js';
import { trafficDecider } from './traffic.decider.js';
import { evolveTraffic } from './traffic.state.js';
import { randomFrom, SimulatedWorld } from './testing/simulated-world.js';

const SEEDS = 250;
const STEPS = 120;

const commands = (name: string, runOrder = 1) => ({
  name,
  actionTypeId: { category: 'Compute', owner: 'AWS', provider: 'Commands', version: '1' } as const,
  runOrder,
  configuration: {},
  commands: ['true'],
  inputArtifacts: [],
  outputArtifacts: [],
});
const gate = {
  ...commands('Gate', 2),
  actionTypeId: { category: 'Approval', owner: 'AWS', provider: 'Manual', version: '1' } as const,
};
const SHOP: PipelineDeclaration = {
  name: 'shop',
  executionMode: 'SUPERSEDED',
  pipelineType: 'V2',
  stages: [
    { name: 'Source', actions: [commands('Src')] },
    { name: 'Build', actions: [commands('A'), commands('B'), commands('C', 2)] },
    { name: 'Deploy', actions: [commands('Check'), gate] },
  ],
};
const STAGES = SHOP.stages.map(({ name }) => name);

type World = SimulatedWorld;
type Act = (world: World) => Promise<unknown>;

const result = (world: World) =>
  world.random() < 0.75 ? { status: 'succeeded' } : { status: 'failed', error: { code: 'JobFailed', message: 'no' } };

async function onJob(
  world: World,
  status: Job['status'],
  act: (executionId: string, job: Job) => Promise<unknown>,
): Promise<void> {
  const found = world.pick(world.jobs(status));
  if (found !== undefined) await act(...found);
}

const lease: Act = (world) =>
  onJob(world, 'offered', (id, { jobId }) =>
    world.toExecution(id, 'LeaseJob', {
      jobId,
      leaseId: `lease of ${jobId}`,
      runnerId: 'r1',
      nonceHash: `nonce of ${jobId}`,
    }),
  );
const report: Act = (world) =>
  onJob(world, 'leased', (id, { jobId }) =>
    world.toExecution(
      id,
      'ReportJob',
      { jobId, nonceHash: `nonce of ${jobId}`, result: result(world) },
      `report ${jobId}`,
    ),
  );
const handBack: Act = (world) =>
  onJob(world, 'leased', (id, { jobId }) =>
    world.toExecution(id, 'ReportJob', {
      jobId,
      nonceHash: `nonce of ${jobId}`,
      result: { status: 'returned', reason: 'stop' },
    }),
  );
const lose: Act = (world) =>
  onJob(world, 'leased', (id, { jobId }) => world.toExecution(id, 'LoseJob', { jobId, runnerId: 'r1' }));
const zombie: Act = (world) =>
  onJob(world, 'ended', (id, { jobId }) =>
    world.toExecution(id, 'ReportJob', { jobId, nonceHash: `nonce of ${jobId}`, result: { status: 'succeeded' } }),
  );
const confirm: Act = (world) =>
  onJob(world, 'revoked', (id, { jobId }) =>
    world.toExecution(id, 'ConfirmJobEnd', { jobId, nonceHash: `nonce of ${jobId}` }),
  );
const lapse: Act = (world) =>
  onJob(world, 'revoked', (id, { jobId }) => world.toExecution(id, 'LoseJob', { jobId, runnerId: 'r1' }));

/** Answers what waits; now and then what has been answered, once more. */
const answer: Act = async (world) => {
  const again = world.random() < 0.2;
  for (const [id, state] of world.known())
    for (const { started, status } of state.stage?.runs.values() ?? [])
      if (started.work === 'approval' && (again || status === 'InProgress')) {
        const ending = world.random() < 0.8 ? 'Succeeded' : 'Failed';
        await world.toExecution(id, 'CompleteAction', { actionExecutionId: started.actionExecutionId, status: ending });
      }
};

const expire: Act = async (world) => {
  world.pass(world.random() < 0.1 ? 3 * 3_600_000 : 60_000);
  for (const [id, state] of world.known())
    for (const { started, status } of state.stage?.runs.values() ?? [])
      if (status === 'InProgress')
        await world.toExecution(id, 'ExpireAction', { actionExecutionId: started.actionExecutionId });
};

const stop: Act = async (world) => {
  const id = world.pick(world.executionIds);
  if (id !== undefined) await world.toExecution(id, 'StopExecution', { abandon: world.random() < 0.5 });
};
const retry: Act = async (world) => {
  const executionId = world.pick(world.executionIds);
  const mode = world.random() < 0.5 ? 'FAILED_ACTIONS' : 'ALL_ACTIONS';
  if (executionId !== undefined) await world.toTraffic('RetryStage', { executionId, stage: world.pick(STAGES), mode });
};
const disable: Act = (world) =>
  world.toTraffic('DisableTransition', { stage: world.pick(STAGES), transitionType: 'Inbound', reason: 'freeze' });
const enable: Act = (world) =>
  world.toTraffic('EnableTransition', { stage: world.pick(STAGES), transitionType: 'Inbound' });

/** How often each happens, beside each other. */
const ACTS: readonly (readonly [number, Act])[] = [
  [30, (world) => world.deliver()],
  [6, (world) => world.start()],
  [16, lease],
  [16, report],
  [1, handBack],
  [2, lose],
  [2, zombie],
  [4, confirm],
  [1, lapse],
  [5, answer],
  [2, expire],
  [3, stop],
  [6, retry],
  [2, disable],
  [3, enable],
  [1, (world) => world.update()],
];
const TOTAL = ACTS.reduce((sum, [weight]) => sum + weight, 0);

async function step(world: World): Promise<void> {
  let left = world.random() * TOTAL;
  for (const [weight, act] of ACTS) {
    left -= weight;
    if (left <= 0) return void (await act(world));
  }
}

/** Everybody answers and everything is let through until nothing more can happen. */
async function quiet(world: World): Promise<void> {
  world.calmDown();
  for (const stage of STAGES) await world.toTraffic('EnableTransition', { stage, transitionType: 'Inbound' });
  for (let rounds = 0; rounds < 2_000; rounds += 1) {
    const before = world.log.length;
    while (await world.deliver());
    for (const act of [lease, report, confirm, answer]) await act(world);
    if (world.log.length === before && !(await world.deliver())) return;
  }
  throw new Error('It never became quiet.');
}

function checkAlways(world: World): void {
  const inside = world.trafficNow.stages.flatMap((stage) => (stage.inside === undefined ? [] : [stage.inside]));
  expect(new Set(inside).size).toBe(inside.length);
  for (const stage of STAGES) {
    const working = world
      .known()
      .filter(
        ([, { stage: run, jobs }]) =>
          run?.name === stage &&
          (run.status === 'InProgress' || [...jobs.values()].some(({ status }) => status === 'revoked')),
      );
    expect(working.map(([id]) => id).slice(1)).toEqual([]);
  }
}

/** Only a newer execution supersedes. */
function checkOrder(world: World): void {
  const ordinals = new Map<string, number>();
  for (const { type, data } of world.log as unknown as TrafficEvent[]) {
    if (type === 'ExecutionAdmitted') ordinals.set(data.executionId, data.ordinal);
    if (type === 'ExecutionSuperseded')
      expect(ordinals.get(data.by)).toBeGreaterThan(ordinals.get(data.executionId) ?? Infinity);
  }
}

const ANSWERS: ReadonlySet<string> = new Set(['JobSucceeded', 'JobFailed', 'JobLost', 'JobReturned']);
const BEGINNINGS: ReadonlySet<string> = new Set(['StageStarted', 'ActionStarted', 'JobOffered']);

/** What may happen once only, in the history of one execution. */
function checkHistory(world: World, executionId: string): void {
  const once = new Set<string>();
  let over = false;
  for (const { type, data } of world.eventsOf(executionId)) {
    if (type === 'StageRetried') over = false;
    if (BEGINNINGS.has(type) || type === 'ExecutionFinished')
      expect([executionId, type, over]).toEqual([executionId, type, false]);
    if (type === 'ExecutionFinished') over = true;
    const fact =
      type === 'ActionFinished'
        ? data.actionExecutionId
        : ANSWERS.has(type) && 'jobId' in data
          ? data.jobId
          : undefined;
    if (fact === undefined) continue;
    expect([fact, once.has(fact)]).toEqual([fact, false]);
    once.add(fact);
  }
}

function checkQuiet(world: World): void {
  for (const id of world.executionIds) {
    const state = world.executionNow(id);
    expect([id, state.status !== 'absent' && isFinished(state)]).toEqual([id, true]);
  }
  expect(world.trafficNow.stages.filter(({ inside }) => inside !== undefined)).toEqual([]);
  expect(world.trafficNow.stages.filter(({ waiting }) => waiting !== undefined)).toEqual([]);
}

/** A snapshot of traffic is its JSON: what is folded on top of it must be what is folded from the first event. */
function checkSnapshot(world: World): void {
  const events = world.log.filter(({ category }) => category === 'traffic') as unknown as TrafficEvent[];
  const half = events.slice(0, events.length / 2).reduce(evolveTraffic, trafficDecider.initial);
  const restored = JSON.parse(JSON.stringify(half)) as typeof half;
  expect(events.slice(events.length / 2).reduce(evolveTraffic, restored)).toEqual(world.trafficNow);
}

describe('a pipeline in a world where messages are late and doubled, appends conflict and runners die', () => {
  test.each(Array.from({ length: SEEDS / 25 }, (_, index) => index * 25 + 1))(
    'keeps its promises, seeds from %i',
    async (first) => {
      for (let seed = first; seed < first + 25; seed += 1) {
        const world = new SimulatedWorld(randomFrom(seed), SHOP, step);
        try {
          for (let steps = 0; steps < STEPS; steps += 1) {
            await step(world);
            checkAlways(world);
          }
          await quiet(world);
          checkQuiet(world);
          for (const id of world.executionIds) checkHistory(world, id);
          checkOrder(world);
          checkSnapshot(world);
        } catch (error) {
          throw new Error(`Seed ${seed}: ${Error.isError(error) ? error.message : String(error)}`, { cause: error });
        }
      }
    },
  );
});
