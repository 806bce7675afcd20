import { axe, ConsoleWorld, TIMEOUT_MS } from './testing/console-world.js';
import { definition, latest, PLANTED, reached, repository, test as tests } from './testing/pipelines.js';

/** History, events and the system: what was, and what keeps it. */
describe('the records', () => {
  let world: ConsoleWorld;

  beforeAll(async () => {
    world = await ConsoleWorld.start();
    const of = await repository(world, 'good');
    await of.commit(PLANTED, { 'index.html': PLANTED });
    await world.api.change('createPipeline', { definition: definition(world, of, 'good', tests('true')) });
    await world.api.change('createPipeline', { definition: definition(world, of, 'bad', tests('false')) });
    await reached(world, 'good', 1, 'Succeeded');
    await reached(world, 'bad', 1, 'Failed');
  }, TIMEOUT_MS);
  afterEach(async () => {
    await world.closePages();
    expect(world.faults.splice(0)).toEqual([]);
  });
  afterAll(() => world.dispose(), TIMEOUT_MS);

  test(
    'the history has all executions, filtered by the address, and new ones by themselves',
    async () => {
      const page = await world.open('/history');
      await page.getByText(PLANTED).first().waitFor();
      await page.getByRole('combobox', { name: 'Status' }).click();
      await page.getByRole('option', { name: 'Failed' }).click();
      await page.waitForURL('**/history?status=Failed');
      await page.getByRole('link', { name: 'good' }).waitFor({ state: 'detached' });
      await page.getByRole('link', { name: 'bad' }).waitFor();
      await world.go(page, '/history?pipeline=good');
      await page.getByRole('link', { name: '#1' }).waitFor();
      await world.api.change('startExecution', { pipeline: 'good' });
      await page.getByRole('link', { name: '#2' }).waitFor();
      await page.getByLabel('Pipeline', { exact: true }).fill('nobody');
      await page.getByText('No executions are like this').waitFor();
    },
    TIMEOUT_MS,
  );

  test(
    'events come live, each with its actor and its cause, and lead to what follows from the same request',
    async () => {
      const page = await world.open('/events?kinds=token');
      await page.getByText('TokenCreated').first().waitFor();
      const before = await page.getByRole('listitem').count();
      await world.api.change('createToken', { name: PLANTED, role: 'viewer' });
      await page.getByRole('listitem').nth(before).waitFor();
      await page
        .getByRole('button', { name: /TokenCreated/ })
        .first()
        .click();
      await page.getByLabel('Data').getByText(PLANTED).waitFor();
      await page.getByRole('link', { name: 'All of the same request' }).click();
      await page.waitForURL('**/events?correlation=*');
      await page.getByText('TokenCreated').first().waitFor();

      const { id } = (await latest(world, 'bad')) ?? { id: '' };
      await world.go(page, `/events?execution=${id}`);
      await page.getByText('ExecutionFinished').waitFor();
      expect(await axe(page)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    'the system shows its parts; tokens are made and revoked',
    async () => {
      const page = await world.open('/system');
      await page.getByText('Healthy').waitFor();
      await page
        .getByRole('row', { name: /runner/ })
        .first()
        .waitFor();
      await page.getByText('are up to date').click();
      await page.getByRole('button', { name: 'Rebuild approval.approvals.v1' }).click();
      await page.getByRole('button', { name: 'Make a token…' }).click();
      await page.getByLabel('Name', { exact: false }).fill('a robot');
      await page.getByRole('button', { name: 'Make it' }).click();
      const secret = await page.getByText(/^mrt_/).textContent();
      expect(await axe(page)).toEqual([]);
      await page.getByRole('button', { name: 'Done' }).click();
      const viewer = async (): Promise<number> => {
        const headers = { authorization: `Bearer ${secret ?? ''}`, 'content-type': 'application/json' };
        return (
          await fetch(`${world.platform.url}/graphql`, {
            method: 'POST',
            headers,
            body: '{"query":"{ viewer { role } }"}',
          })
        ).status;
      };
      expect(await viewer()).toBe(200);
      await page.getByRole('button', { name: 'Revoke a robot' }).click();
      await page.getByText(/^revoked/).waitFor();
      expect(await viewer()).toBe(401);
      expect(await page.evaluate(() => document.body.innerText)).not.toContain(secret);
    },
    TIMEOUT_MS,
  );

  test.each([
    ['light', 1440],
    ['dark', 1440],
    ['light', 390],
    ['dark', 390],
  ] as const)(
    'have no barriers, %s, %i px',
    async (theme, width) => {
      const page = await world.open('/history', { theme, width });
      for (const path of ['/history', '/events?kinds=pipeline', '/system']) {
        await world.go(page, path);
        await page.locator('.panel').first().waitFor();
        expect([path, await axe(page)]).toEqual([path, []]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect([path, overflow]).toEqual([path, 0]);
      }
      await page.keyboard.press('?');
      if (width > 720) await page.getByRole('dialog', { name: 'Keys' }).waitFor();
      expect(await axe(page)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
