import { approvalToken } from '@millrace/standalone/testing';
import { axe, ConsoleWorld, TIMEOUT_MS } from './testing/console-world.js';
import { definition, gate, latest, PLANTED, reached, repository } from './testing/pipelines.js';

describe('the inbox', () => {
  let world: ConsoleWorld;

  beforeAll(async () => {
    world = await ConsoleWorld.start();
    for (const name of ['first', 'second']) {
      const of = await repository(world, name);
      await of.commit(PLANTED, { 'index.html': PLANTED });
      const asks = gate({
        CustomData: `${name}? ${PLANTED}`,
        ExternalEntityLink: 'https://example.org/change',
        IsSummaryRequired: String(name === 'second'),
      });
      await world.api.change('createPipeline', { definition: definition(world, of, name, asks) });
      await approvalToken(world.api, await started(name));
    }
  }, TIMEOUT_MS);
  afterEach(async () => {
    await world.closePages();
    expect(world.faults.splice(0)).toEqual([]);
  });
  afterAll(() => world.dispose(), TIMEOUT_MS);

  async function started(name: string): Promise<string> {
    await reached(world, name, 1, 'InProgress');
    return (await latest(world, name))?.id ?? '';
  }

  test(
    'shows what would be let through; who may not answer is not asked',
    async () => {
      const page = await world.open('/approvals', { role: 'developer' });
      await page.getByRole('heading', { name: 'first: Approve / Release' }).waitFor();
      await page.getByText(`first? ${PLANTED}`).waitFor();
      await page.getByText('Your role may look at approvals, not answer them.').waitFor();
      expect(await page.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);
      expect(await page.getByRole('link', { name: 'https://example.org/change' }).getAttribute('rel')).toBe(
        'noreferrer',
      );
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
      const page = await world.open('/approvals', { theme, width });
      await page.getByRole('button', { name: 'Approve', exact: true }).waitFor();
      expect(await axe(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    },
    TIMEOUT_MS,
  );

  test(
    'approves and rejects by the keyboard alone',
    async () => {
      const page = await world.open('/', { role: 'approver' });
      const other = await world.open('/approvals', { role: 'approver' });
      await page.keyboard.press('2');
      await page.getByRole('heading', { name: 'first: Approve / Release' }).waitFor();
      await page.keyboard.press('a');
      await page.keyboard.type('seen on staging a r j');
      await page.keyboard.press('Enter');
      await reached(world, 'first', 1, 'Succeeded');
      await other.getByRole('heading', { name: 'second: Approve / Release' }).waitFor();

      await page.getByRole('heading', { name: 'second: Approve / Release' }).waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.press('r');
      // A comment is wanted: without one nothing is sent.
      await page.keyboard.press('Enter');
      await page.keyboard.type('not like this');
      await page.keyboard.press('Enter');
      await reached(world, 'second', 1, 'Failed');
      await page.getByRole('heading', { name: 'Nothing waits for approval' }).waitFor();
      await other.getByRole('heading', { name: 'Nothing waits for approval' }).waitFor();
      expect(await axe(page)).toEqual([]);
      const { approvals } = await world.api.query<object & { approvals: unknown }>(
        '{ approvals(pending: false, first: 2) { nodes { pipelineName answer { result summary } } } }',
      );
      expect(approvals).toEqual({
        nodes: [
          { pipelineName: 'second', answer: { result: 'Rejected', summary: 'not like this' } },
          { pipelineName: 'first', answer: { result: 'Approved', summary: 'seen on staging a r j' } },
        ],
      });
    },
    TIMEOUT_MS,
  );

  test(
    'a phone can approve',
    async () => {
      await world.api.change('startExecution', { pipeline: 'first' });
      const page = await world.open('/', { role: 'approver', width: 390, height: 844 });
      await page.getByRole('link', { name: /^Approvals/ }).click();
      await page.getByRole('button', { name: 'Approve', exact: true }).click();
      await reached(world, 'first', 2, 'Succeeded');
    },
    TIMEOUT_MS,
  );
});
