import type { EventStore, RecordedEvent } from '@millrace/event-store';
import { recorded, type Happening } from '../views/testing/log.js';
import { traffic } from '../views/testing/shop.js';
import type { EventWish } from './event-filter.js';
import { EventQuery } from './event.query.js';

const COUNT = 2_500;
const RARE = 500;

const happening = (index: number): Happening =>
  traffic({
    type: index % RARE === 0 ? 'TransitionEnabled' : 'TransitionDisabled',
    data: { stage: 'Deploy' },
  } as never);
const events = recorded(Array.from({ length: COUNT }, (_, index) => happening(index)));

/** A log in an array, as the port promises it. */
const store: Pick<EventStore, 'readAll'> = {
  readAll: async ({ after, limit = 1_000, direction = 'forwards' } = {}) => {
    const forwards = direction === 'forwards';
    const ordered = forwards ? events : events.toReversed();
    const beyond = ordered.filter(({ position }) => {
      if (after === undefined) return true;
      return forwards ? position > after : position < after;
    });
    const page = beyond.slice(0, limit);
    return { events: page, checkpoint: page.at(-1)?.position ?? after ?? 0n, caughtUp: page.length === beyond.length };
  },
};
const query = new EventQuery(store, { cursorOf: (position) => `log.${position}` });
const positionOf = (cursor: string | undefined) => (cursor === undefined ? undefined : BigInt(cursor.slice(4)));

async function all(wish: Partial<EventWish>, first: number, backwards: boolean): Promise<readonly RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  let at: bigint | undefined = backwards ? undefined : 0n;
  for (;;) {
    const page = await query.page(
      { project: 'default', ...wish },
      { first, after: backwards ? undefined : at, before: backwards ? at : undefined },
    );
    expect(page.items.length).toBeLessThanOrEqual(first);
    found.push(...page.items.map(({ document }) => document));
    if (!page.hasMore) return found;
    at = positionOf(page.endCursor ?? page.items.at(-1)?.cursor);
  }
}

describe.each([false, true])('reading the log (backwards: %s)', (backwards) => {
  const ordered = backwards ? events.toReversed() : events;

  test.each([1_000, 333, 500])('by pages of %i has each event once, in order', async (first) => {
    expect(await all({}, first, backwards)).toEqual(ordered);
  });

  test.each([1, 2, 5, 6])('a filter finds each of five among many once, by pages of %i', async (first) => {
    const rare = ordered.filter(({ type }) => type === 'TransitionEnabled');
    expect(rare).toHaveLength(COUNT / RARE);
    expect(await all({ types: ['TransitionEnabled'] }, first, backwards)).toEqual(rare);
  });

  test('another project’s log is empty', async () => {
    expect(await all({ project: 'other' }, 10, backwards)).toEqual([]);
  });
});

test('filters by execution, actor and request', async () => {
  const count = async (wish: Partial<EventWish>) => (await all(wish, 500, false)).length;
  expect(await count({ actorId: 'ada' })).toBe(COUNT);
  expect(await count({ actorId: 'grace' })).toBe(0);
  expect(await count({ correlationId: 'request-1', pipelineId: 'another' })).toBe(0);
  expect(await count({ executionId: 'E1' })).toBe(0);
});
