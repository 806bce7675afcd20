import type { RecordedEvent, StreamSlice } from '@millrace/event-store';
import { definitionReader } from './definition-reader.js';

const VERSIONS = 20;
const DECLARATION_BYTES = 10_000;

/** A pipeline's stream with large versions, that counts how often it is read. */
function world(cachedBytesMax: number) {
  const reads: number[] = [];
  const event = (version: number) =>
    ({
      category: 'pipeline',
      type: version === 1 ? 'PipelineCreated' : 'PipelineUpdated',
      version: 1,
      data: { pipelineId: 'p1', name: 'shop', version, declaration: { name: 'x'.repeat(DECLARATION_BYTES) } },
    }) as unknown as RecordedEvent;
  const readStream = async (_stream: string, options: { from?: number; limit?: number } = {}) => {
    const { from = 0, limit = VERSIONS } = options;
    reads.push(from);
    const events = Array.from({ length: VERSIONS }, (_, index) => event(index + 1)).slice(from, from + limit);
    return { events } as unknown as StreamSlice;
  };
  const reader = definitionReader({ readStream }, cachedBytesMax);
  const version = (number: number) => reader.version('default', 'shop', { pipelineId: 'p1', version: number });
  return { reads, version };
}

describe('versions of a pipeline', () => {
  test('are remembered as long as they fit, the oldest forgotten first', async () => {
    const { reads, version } = world(3.5 * DECLARATION_BYTES);
    for (const number of [1, 2, 3]) expect((await version(number))?.version).toBe(number);
    const before = reads.length;
    for (const number of [1, 2, 3]) await version(number);
    expect(reads).toHaveLength(before);
    await version(4);
    await version(3);
    expect(reads).toHaveLength(before + 1);
    // The oldest has made room for the fourth.
    await version(1);
    expect(reads).toHaveLength(before + 2);
  });

  test('that are larger than all the room are remembered one at a time', async () => {
    const { reads, version } = world(1);
    await version(1);
    await version(1);
    expect(reads).toHaveLength(1);
    await version(2);
    await version(1);
    expect(reads).toHaveLength(3);
  });

  test('are told from those that are not there', async () => {
    const { version } = world(1_000_000);
    expect(await version(VERSIONS)).toMatchObject({ version: VERSIONS });
    expect(await version(VERSIONS + 1)).toBeUndefined();
  });
});
