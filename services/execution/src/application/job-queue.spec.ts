import type { Job, LeaseReply } from '@millrace/contracts/runner';
import { fakeTime } from '@millrace/runtime/testing';
import { JobQueue, type Offer } from './job-queue.js';

const job = (id: string) => ({ kind: 'action', jobId: id }) as Job;
const offer = (id: string, claim: Offer['claim'] = async () => job(id), labels: readonly string[] = []): Offer => ({
  id,
  project: 'default',
  labels,
  claim,
});
const idOf = ({ job: leased }: LeaseReply): string | undefined => leased?.jobId;

function setUp() {
  const time = fakeTime();
  const queue = new JobQueue(time.timers);
  const never = new AbortController().signal;
  const ask = (requestId: string, waitMs = 20_000, labels: string[] = [], signal = never) =>
    queue.lease('default', { requestId, runnerId: 'r1', labels, waitMs }, signal);
  return { time, queue, ask };
}

describe('JobQueue', () => {
  test('gives what was offered first to who asked first', async () => {
    const { queue, ask } = setUp();
    const asked = [ask('a'), ask('b')];
    queue.offer(offer('1'));
    queue.offer(offer('2'));
    expect((await Promise.all(asked)).map(idOf)).toEqual(['1', '2']);
  });

  test('an offer whose labels nobody has holds up no other', async () => {
    const { queue, ask } = setUp();
    queue.offer(offer('gpu', undefined, ['gpu']));
    queue.offer(offer('any'));
    expect(idOf(await ask('a'))).toBe('any');
    expect(queue.size).toBe(1);
    expect(idOf(await ask('b', 20_000, ['gpu', 'arm']))).toBe('gpu');
  });

  test('answers without a job after the wait, and leaves no timer', async () => {
    const { time, ask } = setUp();
    const asked = ask('a', 1_000);
    await time.advance(1_000);
    expect(await asked).toEqual({});
    expect(time.armed).toBe(0);
  });

  test('a request that is sent again takes the place of the first, so that no job goes to a dead socket', async () => {
    const { queue, ask } = setUp();
    const [first, second] = [ask('a'), ask('a')];
    queue.offer(offer('1'));
    expect(await first).toEqual({});
    expect(idOf(await second)).toBe('1');
  });

  test('a request that is sent again while a job is being claimed for it is answered with that job', async () => {
    const { queue, ask } = setUp();
    const claim = Promise.withResolvers<Job | undefined>();
    const first = ask('a');
    queue.offer(offer('1', () => claim.promise));
    queue.offer(offer('2'));
    const second = ask('a');
    claim.resolve(job('1'));
    expect((await Promise.all([first, second])).map(idOf)).toEqual(['1', '1']);
    expect(queue.size).toBe(1);
  });

  test('a claim that fails is no answer; the offer goes to somebody else, a moment later', async () => {
    const { time, queue, ask } = setUp();
    let claims = 0;
    const asked = [ask('a'), ask('b')];
    queue.offer(
      offer('1', async () => {
        claims += 1;
        if (claims === 1) throw new Error('The store is away.');
        return job('1');
      }),
    );
    await expect(asked[0]).rejects.toThrow('The store is away.');
    await time.advance(500);
    expect(idOf((await asked[1]) ?? {})).toBe('1');
  });

  test('an offer that was withdrawn while its claim failed does not come back', async () => {
    const { queue, ask } = setUp();
    const claim = Promise.withResolvers<Job | undefined>();
    const asked = ask('a');
    queue.offer(offer('1', () => claim.promise));
    queue.withdraw('1');
    claim.reject(new Error('The store is away.'));
    await expect(asked).rejects.toThrow('The store is away.');
    expect(queue.size).toBe(0);
  });

  test('a runner that has gone while a job was claimed for it still gets it, or it would be leased to nobody', async () => {
    const { queue, ask } = setUp();
    const claim = Promise.withResolvers<Job | undefined>();
    const gone = new AbortController();
    const asked = ask('a', 20_000, [], gone.signal);
    queue.offer(offer('1', () => claim.promise));
    gone.abort();
    claim.resolve(job('1'));
    expect(idOf(await asked)).toBe('1');
  });

  test('stopping answers everybody, now and later, and leaves no timer', async () => {
    const { time, queue, ask } = setUp();
    const waiting = ask('a');
    queue.stop();
    queue.offer(offer('1'));
    expect(await Promise.all([waiting, ask('b')])).toEqual([{}, {}]);
    expect(time.armed).toBe(0);
  });
});
