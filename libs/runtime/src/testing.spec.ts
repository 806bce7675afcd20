import { fakeIds, fakeTime } from './testing.js';

test('time stands still until it is moved, and calls what is due in its order and at its time', async () => {
  const { clock, timers, advance } = fakeTime();
  const called: string[] = [];
  const note = (name: string) => (): void => void called.push(`${name} ${clock.now().slice(17, 23)}`);
  timers.after(2_000, note('later'));
  timers.after(1_000, () => {
    note('first')();
    timers.after(500, note('armed on the way'));
  });
  timers.after(1_000, note('cancelled')).cancel();
  timers.at(clock.nowMs() + 60_000, note('not yet'));
  expect(clock.now()).toBe('2026-11-24T12:00:00.000Z');
  await advance(3_000);
  expect(called).toEqual(['first 01.000', 'armed on the way 01.500', 'later 02.000']);
  expect(clock.now()).toBe('2026-11-24T12:00:03.000Z');
});

test('sixty days are one step', async () => {
  const time = fakeTime();
  let fired = 0;
  time.timers.after(60 * 24 * 60 * 60 * 1000, () => (fired += 1));
  await time.advanceTo('2027-01-23T11:59:59.999Z');
  expect([fired, time.armed]).toEqual([0, 1]);
  await time.advanceTo('2027-01-23T12:00:00.000Z');
  expect([fired, time.armed]).toEqual([1, 0]);
});

test('identifiers are the same in every run, and never the same twice', () => {
  const [one, other] = [fakeIds(), fakeIds()];
  expect([one.uuid(), one.nonce(), one.uuid()]).toEqual([other.uuid(), other.nonce(), other.uuid()]);
  expect(one.uuid()).not.toBe(one.uuid());
  expect(one.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});
