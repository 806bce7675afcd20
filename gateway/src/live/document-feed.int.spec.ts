import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streams } from '@millrace/contracts';
import { NAMESPACES, uuidV5 } from '@millrace/decider';
import type { EventStore, Position } from '@millrace/event-store';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { createProjector, type Projection, type Projector } from '@millrace/read-models';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import { systemIds } from '@millrace/runtime';
import type { DocumentChange, LiveIterator } from '../ports.js';
import { DocumentFeed } from './document-feed.js';

/** Counts the facts of each execution. */
const counts: Projection = {
  name: 'test.counts.v1',
  collection: { name: 'counts', indexes: [{ name: 'all', fields: ['count'] }] },
  touches: (event) => (event.category === 'execution' ? [`default/${String(event.data['id'])}`] : []),
  fold: (document, event) =>
    event.data['gone'] === true ? undefined : { count: Number(document?.['count'] ?? 0) + 1 },
};

describe('DocumentFeed', () => {
  let directory: string;
  let store: SqliteEventStore;
  let readModels: SqliteReadModels;
  let projector: Projector;
  let feed: DocumentFeed;
  const logged: string[] = [];
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (_: object, text: string) => void logged.push(text),
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-feed-'));
    store = await SqliteEventStore.open({ directory });
    readModels = await SqliteReadModels.open({ directory, logId: store.logId });
    projector = createProjector({ store, readModels, projections: [counts] });
    await projector.start();
    feed = await DocumentFeed.start({ store, readModels, projector, projections: [counts], logger });
  });

  afterEach(async () => {
    await feed.close();
    await projector.stop();
    await readModels.close();
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  const happen = (id: string, more: object = {}) => append(store, id, more);
  const next = async (changes: LiveIterator<DocumentChange>) => {
    const { value } = await changes.next();
    return value && [value.id, value.document?.['count']];
  };

  test('tells the present state first, also that there is none, then every newer one', async () => {
    const changes = feed.watch({ collection: 'counts', ids: ['default/a'] });
    expect(await next(changes)).toEqual(['default/a', undefined]);
    const waiting = next(changes);
    await happen('a');
    expect(await waiting).toEqual(['default/a', 1]);
    await changes.return();
  });

  test('never shows a state that is behind its event', async () => {
    const changes = feed.watch({ collection: 'counts', ids: ['default/a'] });
    await next(changes);
    for (let count = 1; count <= 50; count += 1) {
      const position = await happen('a');
      const { value } = await changes.next();
      expect(value?.position).toBe(position);
      expect(value?.document).toEqual({ count });
    }
    await changes.return();
  });

  test('loses no event that was on its way to the views when the watch began', async () => {
    await projector.stop();
    const position = await happen('a');
    // The feed has heard of the event; the views have not come to it.
    await new Promise((resolve) => setImmediate(resolve));
    const changes = feed.watch({ collection: 'counts', ids: ['default/a'] });
    expect(await next(changes)).toEqual(['default/a', undefined]);
    const waiting = changes.next();
    await projector.start();
    expect((await waiting).value).toMatchObject({ position, document: { count: 1 } });
    await changes.return();
  });

  test('a slow subscriber gets the latest state only', async () => {
    const changes = feed.watch({ collection: 'counts', idPrefix: 'default/' });
    const witness = feed.watch({ collection: 'counts', ids: ['default/last'] });
    await next(witness);
    for (let number = 0; number < 100; number += 1) await happen('a');
    await happen('last');
    expect(await next(witness)).toEqual(['default/last', 1]);
    const heard = [await next(changes), await next(changes)];
    expect(heard).toEqual([
      ['default/a', 100],
      ['default/last', 1],
    ]);
    await Promise.all([changes.return(), witness.return()]);
  });

  test('leaves other documents and other projects alone', async () => {
    const changes = feed.watch({ collection: 'counts', ids: ['default/a'] });
    const foreign = feed.watch({ collection: 'counts', idPrefix: 'other/' });
    await next(changes);
    const [waiting, nothing] = [next(changes), next(foreign)];
    await happen('b');
    await happen('a');
    expect(await waiting).toEqual(['default/a', 1]);
    await foreign.return();
    expect(await nothing).toBeUndefined();
    await changes.return();
  });

  test('tells that a document has gone', async () => {
    await happen('a');
    await projector.reached((await store.head()).position, 5_000);
    const changes = feed.watch({ collection: 'counts', ids: ['default/a'] });
    expect(await next(changes)).toEqual(['default/a', 1]);
    await happen('a', { gone: true });
    expect(await next(changes)).toEqual(['default/a', undefined]);
    await changes.return();
  });

  test('ends whoever waits when it closes', async () => {
    const changes = feed.watch({ collection: 'counts', idPrefix: '' });
    const waiting = changes.next();
    await feed.close();
    expect((await waiting).done).toBe(true);
  });

  test('refuses a collection that nobody fills', () => {
    expect(() => feed.watch({ collection: 'nothing' })).toThrow(/No projection fills/);
  });

  test('has not stopped', () => {
    expect(logged).toEqual([]);
  });
});

async function append(store: EventStore, id: string, more: object): Promise<Position> {
  const stream = streams.execution('default', id);
  const { head } = await store.readStream(stream, { limit: 1 });
  const commandId = systemIds.uuid();
  const metadata = {
    id: uuidV5(NAMESPACES.event, commandId, 0),
    time: '2026-03-01T12:00:00.000Z',
    project: 'default',
    commandId,
    actor: { kind: 'service' as const, id: 'test', name: 'test', issuer: 'millrace' },
    correlationId: commandId,
  };
  return (await store.append(stream, head, [{ type: 'Counted', version: 1, data: { id, ...more }, metadata }]))
    .position;
}
