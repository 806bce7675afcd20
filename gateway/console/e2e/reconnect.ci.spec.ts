import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { approvalToken } from '@millrace/standalone/testing';
import { ConsoleWorld, TIMEOUT_MS } from './testing/console-world.js';
import { definition, gate, latest, reached, repository, test as tests, waitingFor } from './testing/pipelines.js';

describe('after the gateway was killed', () => {
  let world: ConsoleWorld;

  beforeAll(async () => {
    world = await ConsoleWorld.start();
    const of = await repository(world, 'asking');
    await world.api.change('createPipeline', { definition: definition(world, of, 'asking', gate()) });
    const go = join(world.platform.directory, 'go');
    const lines = ['echo "before the kill"', waitingFor(go), 'echo "after the kill"'];
    await world.api.change('createPipeline', { definition: definition(world, of, 'talking', tests(...lines)) });
    await reached(world, 'asking', 1, 'InProgress');
    await approvalToken(world.api, (await latest(world, 'asking'))?.id ?? '');
  }, TIMEOUT_MS);
  afterEach(() => expect(world.faults.splice(0)).toEqual([]));
  afterAll(() => world.dispose(), TIMEOUT_MS);

  test(
    'every screen says that it is offline, decides nothing meanwhile, and goes on without a reload or a gap',
    async () => {
      const [inbox, dashboard, pipeline, events, output] = [
        await world.open('/approvals'),
        await world.open('/'),
        await world.open('/pipelines/asking'),
        await world.open('/events?kinds=token,approval'),
        await world.open('/pipelines/talking'),
      ];
      const pages = [inbox, dashboard, pipeline, events, output];
      await output.getByRole('link', { name: 'Unit', exact: true }).click();
      const log = output.getByRole('log', { name: 'Output' });
      await log.getByText('before the kill', { exact: true }).waitFor();
      await inbox.getByRole('button', { name: 'Approve', exact: true }).waitFor();
      await events.getByText('ApprovalRequested').waitFor();
      await dashboard.getByText('Approve waits for approval').waitFor();
      const marks = await Promise.all(
        pages.map((page) => page.evaluate(() => (document.documentElement.dataset['mark'] = 'as it was loaded'))),
      );
      expect(marks).toHaveLength(5);

      await world.platform.kill();
      await Promise.all(pages.map((page) => page.getByText('Offline', { exact: true }).waitFor()));
      expect(await inbox.getByRole('button', { name: 'Approve', exact: true }).isDisabled()).toBe(true);
      expect(await pipeline.getByRole('button', { name: 'Release change…' }).isDisabled()).toBe(true);
      // What is shown stays to be read.
      await inbox.getByRole('heading', { name: 'asking: Approve / Release' }).waitFor();

      // Somebody else is faster than the browsers: what happens before they are back must not be missed.
      await world.platform.start();
      const token = await approvalToken(world.api, (await latest(world, 'asking'))?.id ?? '');
      await world.api.change('castVote', { token, result: 'Approved', summary: 'while you were away' });
      writeFileSync(join(world.platform.directory, 'go'), '');

      await Promise.all(pages.map((page) => page.getByText('Live', { exact: true }).waitFor()));
      await inbox
        .getByRole('heading', { name: 'Nothing waits for approval' })
        .or(inbox.getByText('Approved', { exact: true }))
        .first()
        .waitFor();
      await dashboard.getByText('Approve waits for approval').waitFor({ state: 'detached' });
      await pipeline.getByRole('region', { name: 'Stage Deploy' }).getByText('Succeeded').first().waitFor();
      await events.getByText('ApprovalGranted').waitFor();
      expect(await events.getByText('ApprovalGranted').count()).toBe(1);
      await log.getByText('after the kill', { exact: true }).waitFor();
      expect(await log.getByText('before the kill', { exact: true }).count()).toBe(1);
      expect(await pipeline.getByRole('button', { name: 'Release change…' }).isDisabled()).toBe(false);
      for (const page of pages)
        expect(await page.evaluate(() => document.documentElement.dataset['mark'])).toBe('as it was loaded');
    },
    TIMEOUT_MS,
  );
});
