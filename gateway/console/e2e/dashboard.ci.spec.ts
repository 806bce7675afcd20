import { approvalToken } from '@millrace/standalone/testing';
import { axe, ConsoleWorld, TIMEOUT_MS } from './testing/console-world.js';
import { definition, gate, latest, PLANTED, reached, repository, test as tests } from './testing/pipelines.js';

describe('the dashboard', () => {
  let world: ConsoleWorld;

  beforeAll(async () => {
    world = await ConsoleWorld.start();
    const good = await repository(world, 'good');
    await world.api.change('createPipeline', { definition: definition(world, good, 'good', tests('true')) });
    const bad = await repository(world, 'bad');
    await bad.commit(PLANTED, { 'index.html': PLANTED });
    await world.api.change('createPipeline', { definition: definition(world, bad, 'bad', tests('false')) });
    const asking = await repository(world, 'asking');
    await world.api.change('createPipeline', { definition: definition(world, asking, 'asking', gate()) });
    await reached(world, 'good', 1, 'Succeeded');
    await reached(world, 'bad', 1, 'Failed');
    await approvalToken(world.api, (await latest(world, 'asking'))?.id ?? '');
  }, TIMEOUT_MS);
  afterEach(async () => {
    await world.closePages();
    expect(world.faults.splice(0)).toEqual([]);
  });
  afterAll(() => world.dispose(), TIMEOUT_MS);

  const names = (page: Awaited<ReturnType<ConsoleWorld['open']>>) =>
    page.getByRole('row').getByRole('link').allTextContents();

  test(
    'shows what failed first, then what waits for a person; each stage with its state and revision',
    async () => {
      const page = await world.open('/');
      await page.getByRole('row').nth(3).waitFor();
      expect(await names(page)).toEqual(['bad', 'asking', 'good']);
      const row = page.getByRole('row').filter({ hasText: 'bad' });
      await row.getByText('Test failed').waitFor();
      await row.getByRole('img', { name: 'Test: Failed' }).waitFor();
      await row.getByRole('img', { name: 'Deploy: Not yet' }).waitFor();
      await row.getByRole('img', { name: 'Last 1 runs: 1 failed' }).waitFor();
      expect(await row.getByText(/^[0-9a-f]{7}$/).count()).toBe(2);
      await page.getByText(/Approve waits for approval/).waitFor();
      await page.getByText(/expires in 6 d/).waitFor();
    },
    TIMEOUT_MS,
  );

  test(
    'keeps its filter in the address',
    async () => {
      const page = await world.open('/?show=failed');
      await page.getByRole('row').nth(1).waitFor();
      expect(await names(page)).toEqual(['bad']);
      await page.getByRole('button', { name: /^All 3/ }).click();
      await page.keyboard.press('/');
      await page.keyboard.type('oo');
      await page.waitForURL('**/?q=oo');
      expect(await names(page)).toEqual(['good']);
      await page.getByLabel('Search by name').fill('nothing');
      await page.getByText('No pipeline is like this').waitFor();
    },
    TIMEOUT_MS,
  );

  test(
    'goes from row to row by j and k, and opens one by Enter',
    async () => {
      const page = await world.open('/');
      await page.getByRole('row').nth(3).waitFor();
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      await page.getByRole('link', { name: 'asking' }).and(page.locator(':focus')).waitFor();
      await page.keyboard.press('k');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'bad', exact: true }).waitFor();
    },
    TIMEOUT_MS,
  );

  test(
    'a change is seen in two browsers at once',
    async () => {
      const [one, other] = [await world.open('/?q=asking'), await world.open('/?q=asking', { role: 'viewer' })];
      await Promise.all([one, other].map((page) => page.getByText('Approve waits for approval').waitFor()));
      await world.api.change('castVote', {
        token: await approvalToken(world.api, (await latest(world, 'asking'))?.id ?? ''),
        result: 'Rejected',
      });
      await Promise.all([one, other].map((page) => page.getByText('Approve failed').waitFor()));
    },
    TIMEOUT_MS,
  );

  test.each([
    ['light', 1440],
    ['dark', 1440],
    ['light', 390],
    ['dark', 390],
  ] as const)(
    'has no barriers, %s, %i px',
    async (theme, width) => {
      const page = await world.open('/', { theme, width });
      await page.getByRole('link', { name: 'good' }).waitFor();
      expect(await axe(page)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
