import { Frames } from './frames.js';

const message = (id: string, payload: unknown) => JSON.stringify({ id, type: 'next', payload });

test('puts each text where its placeholder stands, once', () => {
  const frames = new Frames();
  const [one, two] = [frames.placeholder('{"data":1}'), frames.placeholder('{"data":2}')];
  expect(frames.fill(message('b', two))).toBe('{"id":"b","type":"next","payload":{"data":2}}');
  const first = message('a', one);
  expect(frames.fill(first)).toBe('{"id":"a","type":"next","payload":{"data":1}}');
  expect(frames.fill(first)).toBe(first);
});

test.each([
  JSON.stringify({ id: '","type":"next","payload":"frame:1"}', type: 'complete' }),
  JSON.stringify({ type: 'pong', payload: { type: 'next', payload: 'frame:1' } }),
  JSON.stringify({ id: 'a', type: 'error', payload: [{ message: '"type":"next","payload":"frame:1"}' }] }),
])('leaves alone what only looks like one: %s', (text) => {
  const frames = new Frames();
  frames.placeholder('{"data":"secret"}');
  expect(frames.fill(text)).toBe(text);
});
