import * as fc from 'fast-check';
import type { ResolvedEvent } from '@eventstore/db-client';
import { streams } from '@millrace/contracts';
import { newEvent } from '../contract.js';
import { encodeEvent } from '../encoding.js';
import { NEW_STREAM } from '../event-store.js';
import { isOfLog, positionOf, storedId, toRecorded, toStored } from './stored-event.js';

const stream = streams.execution('default', 'e');
const encoded = encodeEvent(newEvent({ text: 'a' }, 'id'), stream, 0, NEW_STREAM.hash);
const position = { commit: 42n, prepare: 42n };
/** As the driver gives back what it was given. */
const read = (change: Partial<NonNullable<ResolvedEvent['event']>> = {}): ResolvedEvent => {
  const { id, type, data, metadata } = toStored(encoded);
  const event = {
    streamId: stream,
    id,
    revision: 0n,
    type,
    data,
    metadata,
    isJson: true,
    created: new Date(0),
    position,
  };
  return { event: { ...event, ...change } as NonNullable<ResolvedEvent['event']> };
};

describe('the id in the engine', () => {
  test('is a UUID of version 8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const hash = Buffer.from(bytes).toString('hex');
        expect(storedId(hash)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      }),
    );
  });

  test('is the same for the same event on the same predecessor, and another for any other', () => {
    const event = newEvent({ text: 'a' }, 'id');
    const ids = (previous: string, text: string) =>
      toStored(encodeEvent({ ...event, data: { text } }, stream, 0, previous)).id;
    expect(ids(NEW_STREAM.hash, 'a')).toBe(ids(NEW_STREAM.hash, 'a'));
    expect(toStored(encoded).id).toBe(storedId(encoded.hash));
    expect(ids(NEW_STREAM.hash, 'a')).not.toBe(ids(NEW_STREAM.hash, 'b'));
    expect(ids(NEW_STREAM.hash, 'a')).not.toBe(ids('f'.repeat(64), 'a'));
  });
});

describe('an event that is read', () => {
  test('is the one that was stored, without the hash among its metadata', () => {
    const { metadata, data, hash } = encoded;
    expect(toRecorded(read())).toMatchObject({ stream, category: 'execution', revision: 0, position: 42n, data, hash });
    expect(Object.keys(toRecorded(read()).metadata)).toEqual(Object.keys(metadata));
  });

  test.each<[string, ResolvedEvent]>([
    ['has no metadata', read({ metadata: undefined })],
    ['is not JSON', read({ isJson: false })],
    ['stands at another revision than it says', read({ revision: 7n })],
    ['stands in another stream than it says', read({ streamId: 'execution-default/other' })],
    ['is a link to nothing', {}],
  ])('is refused when it %s', (_, resolved) => {
    expect(() => toRecorded(resolved)).toThrow(expect.objectContaining({ code: 'STORE_NOT_OURS', retryable: false }));
  });

  test('has to have a position', () => {
    const end = 0xffff_ffff_ffff_ffffn;
    expect(() => positionOf(read({ position: { commit: end, prepare: end } }))).toThrow(
      expect.objectContaining({ code: 'STORE_TOO_OLD' }),
    );
  });
});

test.each([
  ['execution-default/e', true],
  ['platform-default/installation', true],
  ['millrace-log', false],
  ['$epoch-information', false],
  ['executions-1', false],
  ['execution', false],
  ['executionx', false],
  ['-execution', false],
])('%s is of the log: %s', (streamId, isOurs) => {
  expect(isOfLog(read({ streamId }))).toBe(isOurs);
});
