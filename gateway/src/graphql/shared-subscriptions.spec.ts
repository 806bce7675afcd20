import { buildSchema, parse, type ExecutionArgs } from 'graphql';
import { liveIterator } from '../live/live-iterator.js';
import type { LiveIterator, RequestContext, Viewer } from '../ports.js';
import { Frame, SharedSubscriptions } from './shared-subscriptions.js';

const TEXT = 'subscription { pipelinesChanged { pipelineId state } }';

/** A source that a test feeds. */
function feed() {
  const waiting: object[] = [];
  let wake: (() => void) | undefined;
  let returned = false;
  const source: LiveIterator<object> = liveIterator(
    async () => {
      while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return waiting.shift();
    },
    () => (returned = true),
  );
  const push = (pipelineId: string, state: string): void => {
    waiting.push({ pipelinesChanged: { pipelineId, state } });
    wake?.();
  };
  return { source, push, returned: () => returned };
}

function world() {
  const feeds: ReturnType<typeof feed>[] = [];
  let executions = 0;
  const schema = buildSchema(
    'type Query { a: Int } type Change { pipelineId: ID! state: String! } type Subscription { pipelinesChanged: Change! eventAppended: Change! }',
  );
  for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) {
    field.subscribe = () => {
      const made = feed();
      feeds.push(made);
      return made.source;
    };
    field.resolve = (payload: { readonly pipelinesChanged: object }) => {
      executions += 1;
      return payload.pipelinesChanged;
    };
  }
  const shared = new SharedSubscriptions({ present: (result) => result });
  const subscribe = async (role: Viewer['role'] = 'viewer', field = 'pipelinesChanged', text = TEXT) => {
    const viewer = { project: 'default', role } as Viewer;
    const args: ExecutionArgs = { schema, document: parse(text), contextValue: { viewer } as RequestContext };
    return (await shared.subscribe(args, field, text)) as LiveIterator<Frame>;
  };
  return { shared, subscribe, feeds, executions: () => executions };
}

const next = async (subscriber: LiveIterator<Frame>) => {
  const { value } = await subscriber.next();
  const { data } = JSON.parse(value?.json ?? '{}') as {
    data: { pipelinesChanged: { pipelineId: string; state: string } };
  };
  return `${data.pipelinesChanged.pipelineId} ${data.pipelinesChanged.state}`;
};

test('runs once and serialises once for all who ask the same', async () => {
  const { subscribe, feeds, executions } = world();
  const [one, two] = await Promise.all([subscribe(), subscribe()]);
  expect(feeds).toHaveLength(1);
  feeds[0]?.push('p', '1');
  const [a, b] = [await one.next(), await two.next()];
  expect(a.value).toBeInstanceOf(Frame);
  expect(b.value).toBe(a.value);
  expect(executions()).toBe(1);
});

test('keeps roles and documents apart', async () => {
  const { subscribe, feeds } = world();
  await subscribe('viewer');
  await subscribe('admin');
  await subscribe('viewer', 'pipelinesChanged', `${TEXT} `);
  expect(feeds).toHaveLength(3);
});

test('shares no events: each follower pulls for itself', async () => {
  const { subscribe } = world();
  expect(await subscribe('viewer', 'eventAppended', 'subscription { eventAppended { state } }')).toBeUndefined();
});

test('a slow subscriber gets the latest state of each thing, and nothing in between', async () => {
  const { subscribe, feeds } = world();
  const [slow, quick] = [await subscribe(), await subscribe()];
  for (const [id, state] of [
    ['p', '1'],
    ['q', '1'],
    ['p', '2'],
    ['p', '3'],
  ] as const) {
    feeds[0]?.push(id, state);
    expect(await next(quick)).toBe(`${id} ${state}`);
  }
  expect([await next(slow), await next(slow)]).toEqual(['p 3', 'q 1']);
});

test('who comes later first gets what is known of every thing', async () => {
  const { subscribe, feeds } = world();
  const first = await subscribe();
  for (const [id, state] of [
    ['p', '1'],
    ['q', '1'],
    ['p', '2'],
  ] as const) {
    feeds[0]?.push(id, state);
    await next(first);
  }
  const late = await subscribe();
  expect(feeds).toHaveLength(1);
  expect([await next(late), await next(late)]).toEqual(['q 1', 'p 2']);
});

test('the last one out ends the source, also while it waits; the next one begins anew', async () => {
  const { shared, subscribe, feeds } = world();
  const [one, two] = [await subscribe(), await subscribe()];
  const waiting = one.next();
  await one.return();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(feeds[0]?.returned()).toBe(false);
  await two.return();
  expect(feeds[0]?.returned()).toBe(true);
  expect(shared.size).toBe(0);
  await subscribe();
  expect(feeds).toHaveLength(2);
});
