import type { Document } from '@millrace/read-models';
import { liveIterator } from '../live/live-iterator.js';
import type { DocumentChange, DocumentSelection, LiveFeed } from '../ports.js';
import { followPipeline } from './follow-pipeline.js';
import type { PipelineDocument } from './pipeline.document.js';

/** A feed and the read store behind it: one pipeline a name, pushed by hand. */
class World {
  readonly documents = new Map<string, PipelineDocument>();
  readonly open = new Set<DocumentSelection>();
  #queues = new Map<DocumentSelection, { push(change: DocumentChange): void }>();
  #position = 0n;

  readonly feed: Pick<LiveFeed, 'watch'> = {
    watch: <D extends Document>(selection: DocumentSelection) => {
      const waiting: DocumentChange<D>[] = [];
      let wake = (): void => undefined;
      const push = (change: DocumentChange): void => {
        waiting.push(change as DocumentChange<D>);
        wake();
      };
      this.open.add(selection);
      this.#queues.set(selection, { push });
      for (const id of selection.ids ?? []) push(this.change(id));
      return liveIterator<DocumentChange<D>>(
        async (signal) => {
          while (waiting.length === 0 && !signal.aborted)
            await new Promise<void>((resolve) => {
              wake = resolve;
              signal.addEventListener('abort', () => resolve(), { once: true });
            });
          return waiting.shift();
        },
        () => {
          this.open.delete(selection);
          this.#queues.delete(selection);
        },
      );
    },
  };

  readonly pipelines = {
    byName: async (_project: string, name: string) => {
      const [id, document] = [...this.documents].find(([, found]) => found.listedName === name) ?? [];
      return id === undefined || document === undefined ? undefined : { id, document, position: this.#position };
    },
  };

  put(pipelineId: string, name: string, deleted = false): void {
    this.#position += 1n;
    const id = `default/${pipelineId}`;
    const document = { pipelineId, name, ...(deleted ? { deletedAt: 'now' } : { listedName: name }) };
    this.documents.set(id, document as unknown as PipelineDocument);
    for (const [selection, queue] of this.#queues)
      if (selection.ids?.includes(id) ?? id.startsWith(selection.idPrefix ?? '')) queue.push(this.change(id));
  }

  follow(name: string) {
    const source = followPipeline(this.feed, this.pipelines, { project: 'default', name });
    return {
      next: async () => {
        const { value, done } = await source.next();
        return done === true ? 'the end' : value.pipeline?.document.pipelineId;
      },
      return: () => source.return(),
    };
  }

  private change(id: string): DocumentChange {
    return { collection: 'pipelines', id, position: this.#position, document: this.documents.get(id) as never };
  }
}

describe('following a pipeline by its name', () => {
  test('shows it now and after every change, and watches nothing else', async () => {
    const world = new World();
    world.put('p1', 'shop');
    const follower = world.follow('shop');
    expect(await follower.next()).toBe('p1');
    world.put('p2', 'other');
    world.put('p1', 'shop');
    expect(await follower.next()).toBe('p1');
    expect([...world.open]).toEqual([{ collection: 'pipelines', ids: ['default/p1'] }]);
  });

  test('says that there is none, then shows the one that is created', async () => {
    const world = new World();
    const follower = world.follow('shop');
    expect(await follower.next()).toBeUndefined();
    const next = follower.next();
    world.put('p2', 'other');
    world.put('p1', 'shop');
    expect(await next).toBe('p1');
  });

  test('goes over to the pipeline that has the name after a deletion', async () => {
    const world = new World();
    world.put('p1', 'shop');
    const follower = world.follow('shop');
    expect(await follower.next()).toBe('p1');
    world.put('p1', 'shop', true);
    expect(await follower.next()).toBeUndefined();
    world.put('p9', 'shop');
    expect(await follower.next()).toBe('p9');
    world.put('p9', 'shop');
    expect(await follower.next()).toBe('p9');
  });

  test('a deletion and a new creation that it did not see in between are one change to it', async () => {
    const world = new World();
    world.put('p1', 'shop');
    const follower = world.follow('shop');
    expect(await follower.next()).toBe('p1');
    world.put('p1', 'shop', true);
    world.put('p9', 'shop');
    expect(await follower.next()).toBe('p9');
  });

  test('ends at once, and lets go of what it watches, also while it waits', async () => {
    const world = new World();
    world.put('p1', 'shop');
    const follower = world.follow('shop');
    expect(await follower.next()).toBe('p1');
    const waiting = follower.next();
    await follower.return();
    expect(await waiting).toBe('the end');
    expect(world.open.size).toBe(0);
  });
});
