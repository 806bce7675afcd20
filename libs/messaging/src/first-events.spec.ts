import { streams, type StreamName } from '@millrace/contracts';
import { NEW_STREAM, type RecordedEvent } from '@millrace/event-store';
import { firstEvents } from './first-events.js';

function storeOf(...existing: readonly StreamName[]) {
  const reads: StreamName[] = [];
  return {
    reads,
    async readStream(stream: StreamName) {
      reads.push(stream);
      const events = existing.includes(stream) ? [{ stream } as RecordedEvent] : [];
      return { events, head: NEW_STREAM };
    },
  };
}

const [a, b, c] = [
  streams.execution('default', 'a'),
  streams.execution('default', 'b'),
  streams.execution('default', 'c'),
];

describe('the first event of a stream', () => {
  test('is read once', async () => {
    const store = storeOf(a);
    const first = firstEvents(store);
    expect((await first(a))?.stream).toBe(a);
    expect((await first(a))?.stream).toBe(a);
    expect(store.reads).toEqual([a]);
  });

  test('that does not exist yet is asked for again', async () => {
    const store = storeOf();
    const first = firstEvents(store);
    expect([await first(a), await first(a)]).toEqual([undefined, undefined]);
    expect(store.reads).toEqual([a, a]);
  });

  test('is forgotten when others were asked for more recently', async () => {
    const store = storeOf(a, b, c);
    const first = firstEvents(store, 2);
    for (const stream of [a, b, a, c, a, b]) await first(stream);
    expect(store.reads).toEqual([a, b, c, b]);
  });
});
