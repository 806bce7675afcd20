import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { eventTypes, streams, type JsonObject } from '@millrace/contracts';
import { accept, NAMESPACES, refuse, uuidV5, type Command, type Decider } from '@millrace/decider';
import { commandHandler, type Envelope, type RecordedEvent } from '@millrace/event-store';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { createProjector, type Projector } from '@millrace/read-models';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import { OperationalError, silentLogger } from '@millrace/runtime';
import { fakeTime, type FakeTime } from '@millrace/runtime/testing';
import type { CommandReceiver, Commands } from './commands.js';
import {
  deadlineFacts,
  deadlineKeeper,
  deadlineProjection,
  type DeadlineKeeper,
  type DeadlineKeeperOptions,
} from './deadlines.js';

/** An alarm: set once, rings at its time, unless it was turned off. */
type AlarmEvent =
  | { readonly type: 'AlarmSet'; readonly data: { readonly key: string; readonly dueAt: string } }
  | { readonly type: 'AlarmRang'; readonly data: { readonly key: string } }
  | { readonly type: 'AlarmOff'; readonly data: { readonly key: string } };
type AlarmCommand =
  | Command<'SetAlarm', { readonly key: string; readonly dueAt: string }>
  | Command<'Ring', { readonly key: string }>
  | Command<'TurnOff', { readonly key: string }>;
type Alarm = { readonly dueAt?: string; readonly over: boolean };

const alarmTypes = eventTypes<AlarmEvent['type']>('approval', { AlarmSet: 1, AlarmRang: 1, AlarmOff: 1 });
const alarmDecider: Decider<AlarmCommand, Alarm, AlarmEvent, 'NOT_DUE' | 'OVER'> = {
  name: 'alarm',
  version: 1,
  initial: { over: false },
  decide: (command, alarm) => {
    if (command.type === 'SetAlarm') return accept<AlarmEvent>({ type: 'AlarmSet', data: command.data });
    if (alarm.over) return refuse('OVER', 'It rang, or was turned off.');
    if (command.type === 'TurnOff') return accept<AlarmEvent>({ type: 'AlarmOff', data: command.data });
    if (command.at < (alarm.dueAt ?? '')) return refuse('NOT_DUE', `It rings at ${alarm.dueAt}.`);
    return accept<AlarmEvent>({ type: 'AlarmRang', data: command.data });
  },
  evolve: (alarm, event) =>
    event.type === 'AlarmSet' ? { dueAt: event.data.dueAt, over: false } : { ...alarm, over: true },
};

function alarmsOf(event: RecordedEvent) {
  const { type, data } = alarmTypes.decode<AlarmEvent>(event);
  const id = `alarm.${data.key}`;
  if (type !== 'AlarmSet') return [{ id }];
  const command = { target: 'approval', type: 'Ring', data: { key: data.key } } as const;
  return [{ id, dueAt: data.dueAt, command, ...deadlineFacts(event.metadata) }];
}

const NOON = '2026-11-24T12:00:00.000Z';
const ONE = '2026-11-24T13:00:00.000Z';
const IN_60_DAYS = '2027-01-23T12:00:00.000Z';

let directory = '';
let store: SqliteEventStore;
let readModels: SqliteReadModels;
let time: FakeTime;
let projector: Projector | undefined;
const ALARMS = { name: 'alarms', categories: ['approval'], deadlinesOf: alarmsOf } as const;

let keepers: DeadlineKeeper[] = [];
let sent: { readonly key: string; readonly envelope: Envelope }[] = [];
let receive: CommandReceiver;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'deadlines-'));
  store = await SqliteEventStore.open({ directory });
  readModels = await SqliteReadModels.open({ directory });
  const { name, collection } = deadlineProjection(ALARMS);
  await readModels.declare(name, [collection]);
  time = fakeTime(NOON);
  projector = undefined;
  keepers = [];
  sent = [];
  const handle = commandHandler({ store, decider: alarmDecider, types: alarmTypes, clock: time.clock });
  receive = (command, envelope) =>
    handle(command as unknown as AlarmCommand, {
      ...envelope,
      stream: streams.approval('default', String(command.data['key'])),
    });
});

afterEach(async () => {
  for (const keeper of keepers) await keeper.stop();
  await projector?.stop();
  await readModels.close();
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

const direct: Commands = {
  async send(command, envelope) {
    sent.push({ key: String(command.data['key']), envelope });
    return receive(command, envelope);
  },
};

function newKeeper(overrides: Partial<DeadlineKeeperOptions> = {}): DeadlineKeeper {
  const keeper = deadlineKeeper({
    ...ALARMS,
    store,
    readModels,
    commands: direct,
    clock: time.clock,
    timers: time.timers,
    logger: silentLogger,
    ...overrides,
  });
  keepers.push(keeper);
  return keeper;
}

async function startProjector(): Promise<Projector> {
  projector = createProjector({ store, readModels, projections: [deadlineProjection(ALARMS)] });
  await projector.start();
  return projector;
}

let commands = 0;
async function tell(type: AlarmCommand['type'], data: JsonObject): Promise<void> {
  commands += 1;
  const actor = { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' } as const;
  const envelope = {
    commandId: `command-${commands}`,
    project: 'default',
    pipelineId: 'p1',
    actor,
    correlationId: 'request-1',
  };
  const reply = await receive({ target: 'approval', type, data }, envelope);
  if (!reply.accepted) throw new Error(reply.code);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 4_000;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error('It did not come to pass.');
    await nextTurn();
  }
}

const facts = async (key: string): Promise<readonly string[]> =>
  (await store.readStream(streams.approval('default', key))).events.map(({ type }) => type);
const rang = (key: string) => async () => (await facts(key)).includes('AlarmRang');
const projected = async (): Promise<void> => {
  const head = await store.head();
  await projector?.reached(head.position, 10_000);
};
const followed = async (keeper: DeadlineKeeper): Promise<void> => {
  const head = await store.head();
  await until(() => keeper.status().position >= head.position);
};

describe('a deadline', () => {
  test('sends its command when it comes, as the service, for the event that set it', async () => {
    const keeper = newKeeper();
    await keeper.start();
    await tell('SetAlarm', { key: 'a', dueAt: ONE });
    await until(() => keeper.status().nextAt === ONE);
    await time.advanceTo('2026-11-24T12:59:59.999Z');
    await nextTurn();
    expect(sent).toEqual([]);
    await time.advanceTo(ONE);
    await until(rang('a'));
    const [setting] = (await store.readStream(streams.approval('default', 'a'))).events;
    expect(sent.map(({ envelope }) => envelope)).toEqual([
      {
        commandId: uuidV5(NAMESPACES.deadline, 'alarm.a'),
        project: 'default',
        pipelineId: 'p1',
        actor: { kind: 'service', id: 'alarms.deadlines', name: 'alarms.deadlines', issuer: 'millrace' },
        correlationId: 'request-1',
        causationId: setting?.metadata.id,
      },
    ]);
  });

  test('that came while everything was down is sent after the start', async () => {
    await startProjector();
    await tell('SetAlarm', { key: 'a', dueAt: ONE });
    await projected();
    await time.advanceTo(IN_60_DAYS);
    await newKeeper().start();
    await until(rang('a'));
    expect(sent).toHaveLength(1);
  });

  test('of which the view knows nothing yet is found in the log', async () => {
    await tell('SetAlarm', { key: 'a', dueAt: ONE });
    await time.advanceTo(ONE);
    await newKeeper().start();
    await until(rang('a'));
  });

  test('that was cleared is not sent, though the view still lists it', async () => {
    await startProjector();
    await tell('SetAlarm', { key: 'off', dueAt: ONE });
    await projected();
    await projector?.stop();
    await tell('TurnOff', { key: 'off' });
    await tell('SetAlarm', { key: 'on', dueAt: ONE });
    await time.advanceTo(ONE);
    await newKeeper().start();
    await until(rang('on'));
    expect(sent.map(({ key }) => key)).toEqual(['on']);
  });

  test('may be further away than a timer can count', async () => {
    const keeper = newKeeper();
    await keeper.start();
    await tell('SetAlarm', { key: 'far', dueAt: IN_60_DAYS });
    await tell('SetAlarm', { key: 'near', dueAt: ONE });
    await until(() => keeper.status().nextAt === ONE);
    await time.advanceTo(ONE);
    await until(rang('near'));
    await time.advanceTo(IN_60_DAYS);
    await until(rang('far'));
    expect(sent.map(({ key }) => key)).toEqual(['near', 'far']);
  });

  test('arms one timer, whatever the number of deadlines', async () => {
    const keeper = newKeeper();
    await keeper.start();
    for (const key of ['a', 'b', 'c']) await tell('SetAlarm', { key, dueAt: ONE });
    await followed(keeper);
    expect(time.armed).toBe(1);
  });

  test('that is moved is sent at the new time only', async () => {
    const keeper = newKeeper();
    await keeper.start();
    await tell('SetAlarm', { key: 'a', dueAt: ONE });
    await tell('SetAlarm', { key: 'a', dueAt: IN_60_DAYS });
    await followed(keeper);
    await time.advanceTo(ONE);
    await nextTurn();
    expect(keeper.status().nextAt).toBe(IN_60_DAYS);
    expect(sent).toEqual([]);
  });
});

describe('its answer', () => {
  test('NOT_DUE, from a decider whose clock is behind, makes it wait and come again', async () => {
    const ahead = fakeTime(NOON);
    const keeper = newKeeper({ clock: ahead.clock, timers: ahead.timers });
    await keeper.start();
    await tell('SetAlarm', { key: 'a', dueAt: ONE });
    await until(() => keeper.status().nextAt === ONE);
    await ahead.advanceTo(ONE);
    await until(() => keeper.status().nextAt === '2026-11-24T13:00:01.000Z');
    expect(await facts('a')).toEqual(['AlarmSet']);
    await time.advanceTo(ONE);
    await ahead.advance(1_000);
    await until(rang('a'));
    expect(sent).toHaveLength(2);
  });

  test('any other refusal ends it', async () => {
    const refused: object[] = [];
    const logger = { ...silentLogger, info: (fields: object) => void refused.push(fields) };
    const keeper = newKeeper({
      logger,
      commands: { send: async () => ({ accepted: false, code: 'OVER', message: 'It is over.' }) },
    });
    await keeper.start();
    await tell('SetAlarm', { key: 'a', dueAt: NOON });
    await until(() => refused.length === 1);
    expect(refused).toEqual([{ deadline: 'alarm.a', code: 'OVER' }]);
    await until(() => keeper.status().armed === 0);
  });

  test('that does not come is asked for again, later each time', async () => {
    const attempts: string[] = [];
    const away = new OperationalError('Away.', { retryable: true, mayHaveHappened: true });
    const keeper = newKeeper({
      commands: {
        async send(command, envelope) {
          attempts.push(time.clock.now().slice(17));
          if (attempts.length < 4) throw away;
          return receive(command, envelope);
        },
      },
    });
    await keeper.start();
    await tell('SetAlarm', { key: 'a', dueAt: NOON });
    for (const [index, pauseMs] of [100, 200, 400].entries()) {
      await until(() => attempts.length === index + 1 && keeper.status().nextAt !== undefined);
      await time.advance(pauseMs);
    }
    await until(rang('a'));
    expect(attempts).toEqual(['00.000Z', '00.100Z', '00.300Z', '00.700Z']);
  });

  test('of a defect holds up no other deadline', async () => {
    const keeper = newKeeper({
      commands: {
        async send(command, envelope) {
          if (command.data['key'] === 'bad') throw new TypeError('A defect.');
          return receive(command, envelope);
        },
      },
    });
    await keeper.start();
    await tell('SetAlarm', { key: 'bad', dueAt: NOON });
    await tell('SetAlarm', { key: 'good', dueAt: NOON });
    await until(rang('good'));
  });
});

describe('the keeper', () => {
  test('may run twice: each alarm rings once', async () => {
    const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
    const [one, two] = [newKeeper(), newKeeper()];
    await Promise.all([one.start(), two.start()]);
    for (const key of keys) await tell('SetAlarm', { key, dueAt: ONE });
    await Promise.all([followed(one), followed(two)]);
    await time.advanceTo(ONE);
    for (const key of keys) await until(rang(key));
    await until(() => one.status().armed + two.status().armed === 0);
    for (const key of keys) expect(await facts(key)).toEqual(['AlarmSet', 'AlarmRang']);
    expect(sent.length).toBeGreaterThanOrEqual(keys.length);
  });

  test('keeps only the nearest in memory and loads the rest as they come near', async () => {
    await startProjector();
    const keys = Array.from({ length: 200 }, (_, index) => `k${String(index).padStart(3, '0')}`);
    const dueAt = (index: number) => new Date(Date.parse(ONE) + index * 1_000).toISOString();
    const keeper = newKeeper({ windowMax: 10 });
    await keeper.start();
    for (const [index, key] of [...keys.entries()].reverse()) await tell('SetAlarm', { key, dueAt: dueAt(index) });
    await Promise.all([projected(), followed(keeper)]);
    let armedMax = 0;
    for (const [index, key] of keys.entries()) {
      await time.advanceTo(dueAt(index));
      await until(rang(key));
      armedMax = Math.max(armedMax, keeper.status().armed);
    }
    // A page of the view may carry it over twice its size for a moment, never to all of them.
    expect(armedMax).toBeLessThanOrEqual(2 * 10);
    expect(sent.map(({ key }) => key)).toEqual(keys);
  });

  test('leaves an empty view behind when all has been answered', async () => {
    await startProjector();
    const keeper = newKeeper();
    await keeper.start();
    await tell('SetAlarm', { key: 'a', dueAt: ONE });
    await tell('SetAlarm', { key: 'b', dueAt: ONE });
    await tell('TurnOff', { key: 'b' });
    await projected();
    expect(await readModels.count('alarms-deadlines')).toBe(1);
    await followed(keeper);
    await time.advanceTo(ONE);
    await until(rang('a'));
    await projected();
    expect(await readModels.count('alarms-deadlines')).toBe(0);
  });

  test('stops at an event of a newer release, says so, and lets what it knows ring', async () => {
    const keeper = newKeeper();
    await keeper.start();
    await tell('SetAlarm', { key: 'a', dueAt: ONE });
    await followed(keeper);
    const stream = streams.approval('default', 'new');
    const { head } = await store.readStream(stream);
    const [known] = (await store.readStream(streams.approval('default', 'a'))).events;
    if (known === undefined) throw new Error('Nothing there.');
    const { stream: _stream, revision: _revision, type: _type, version: _version, ...metadata } = known.metadata;
    await store.append(stream, head, [{ type: 'AlarmSnoozed', version: 1, data: {}, metadata }]);
    await until(() => keeper.status().stoppedBy !== undefined);
    expect(keeper.status().stoppedBy?.cause).toMatch('Unknown event AlarmSnoozed');
    await time.advanceTo(ONE);
    await until(rang('a'));
  });

  test('waits, when it is stopped, for the answer that is under way, and sends nothing more', async () => {
    const answer = Promise.withResolvers<void>();
    const keeper = newKeeper({
      commands: {
        async send(command, envelope) {
          sent.push({ key: String(command.data['key']), envelope });
          await answer.promise;
          return receive(command, envelope);
        },
      },
    });
    await keeper.start();
    await tell('SetAlarm', { key: 'a', dueAt: NOON });
    await tell('SetAlarm', { key: 'b', dueAt: ONE });
    await until(() => sent.length === 1);
    const stopped = keeper.stop();
    await time.advanceTo(ONE);
    answer.resolve();
    await stopped;
    expect(await facts('a')).toEqual(['AlarmSet', 'AlarmRang']);
    expect(sent.map(({ key }) => key)).toEqual(['a']);
  });
});
