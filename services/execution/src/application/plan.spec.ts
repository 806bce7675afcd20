import { action, shop } from '../testing/world.js';
import { planStage } from './plan.js';

const planned = (given: Parameters<typeof action>[1]) => planStage(shop(['Build', action('Try', given)]), 'Build')?.[0];

describe('planStage', () => {
  test('is undefined for a stage that the version does not have', () =>
    expect(planStage(shop(['Build', action('Try')]), 'Deploy')).toBeUndefined());

  test('adds what the action type says', () =>
    expect(planned({ configuration: { Labels: 'linux,arm' } })).toMatchObject({
      work: 'job',
      timeoutMs: 3_300_000,
      labels: ['linux', 'arm'],
    }));

  test('an action of a type that only a newer release knows becomes a job, for a runner to do or to refuse', () =>
    expect(
      planned({
        actionTypeId: { category: 'Deploy', owner: 'Millrace', provider: 'Rocket', version: '9' },
        configuration: { Labels: 'pad' },
      }),
    ).toMatchObject({ work: 'job', timeoutMs: 3_600_000, labels: ['pad'] }));
});
