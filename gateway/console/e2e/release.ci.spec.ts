import { writeFileSync } from 'node:fs';
import { readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { GitRepository } from '@millrace/standalone/testing';
import { axe, ConsoleWorld, TIMEOUT_MS } from './testing/console-world.js';
import {
  definition,
  latest,
  polled,
  PLANTED,
  reached,
  repository,
  test as tests,
  waitingFor,
} from './testing/pipelines.js';

/** One pipeline from its first release on, as somebody works with it who has nothing but the console. */
describe('a pipeline and its executions', () => {
  let world: ConsoleWorld;
  let shop: GitRepository;
  let page: Page;
  const file = (name: string): string => join(world.platform.directory, name);

  beforeAll(async () => {
    world = await ConsoleWorld.start();
    shop = await repository(world, 'shop');
    await world.api.change('createPipeline', {
      definition: {
        ...definition(
          world,
          polled(shop),
          'shop',
          tests(waitingFor(file('may-test')), 'echo "tests ran"', `test ! -e ${file('broken')}`),
        ),
        variables: [{ name: 'greeting', defaultValue: 'hello', description: 'What it says.' }],
        pipelineType: 'V2',
      },
    });
    page = await world.open('/pipelines/shop');
  }, TIMEOUT_MS);
  afterEach(() => expect(world.faults.splice(0)).toEqual([]));
  afterAll(() => world.dispose(), TIMEOUT_MS);

  const stage = (name: string) => page.getByRole('region', { name: `Stage ${name}`, exact: true });

  test(
    'shows what runs as it runs, and how it ended',
    async () => {
      await stage('Source').getByText('Succeeded').first().waitFor();
      await stage('Test').getByText('In progress').first().waitFor();
      await stage('Deploy').getByText('Nothing was here yet.').waitFor();
      writeFileSync(file('may-test'), '');
      await stage('Deploy').getByText('Succeeded').first().waitFor();
      await stage('Deploy').getByText('First').waitFor();
    },
    TIMEOUT_MS,
  );

  test(
    'closes a transition with a reason, shows who waits and why, and opens it',
    async () => {
      await page.getByRole('button', { name: 'Close the transition to Deploy' }).click();
      await page.getByLabel('Reason').fill(`Not on a Friday ${PLANTED}`);
      await page.getByRole('button', { name: 'Close it' }).click();
      await page.getByText(`Not on a Friday ${PLANTED}`).waitFor();
      await page.getByRole('button', { name: 'Release change…' }).click();
      await page.getByLabel('greeting').fill('moin');
      await page.getByRole('button', { name: 'Release', exact: true }).click();
      // The new execution is shown; it waits.
      await page.getByRole('heading', { name: 'shop #2' }).waitFor();
      await page.getByText(/^Waits before Deploy/).waitFor();
      await page.getByText('moin').waitFor();
      expect(await axe(page)).toEqual([]);
      await page.getByRole('link', { name: 'shop', exact: true }).click();
      await page.getByText(/^Waits before Deploy/).waitFor();
      expect(await axe(page)).toEqual([]);
      await page.getByRole('button', { name: 'Open the transition to Deploy' }).click();
      await stage('Deploy').getByRole('link', { name: '#2' }).waitFor();
      await reached(world, 'shop', 2, 'Succeeded');
    },
    TIMEOUT_MS,
  );

  test(
    'shows why a stage has failed, and retries it',
    async () => {
      writeFileSync(file('broken'), '');
      // Found by the look, a second later at most; nobody has to start it.
      await shop.commit(`Break it ${PLANTED}`, { 'index.html': PLANTED });
      const { id } = await reached(world, 'shop', 3, 'Failed');
      await page.getByRole('row').getByRole('link', { name: '#3' }).click();
      await page.getByRole('heading', { name: /New since the last release #2/ }).waitFor();
      await page.getByText(`Break it ${PLANTED}`).first().waitFor();
      await page.getByRole('link', { name: 'Unit', exact: true }).click();
      await page.getByRole('alert').getByText('JobFailed').waitFor();
      await page.getByRole('link', { name: 'Output of Unit, attempt 1' }).click();
      await page.getByText('tests ran', { exact: true }).waitFor();
      expect(await axe(page)).toEqual([]);

      await world.go(page, `/executions/${id}`);
      await unlink(file('broken'));
      await page.getByRole('button', { name: 'Retry', exact: true }).click();
      await reached(world, 'shop', 3, 'Succeeded');
      await page.getByText('retried 1×').waitFor();
      expect(await page.getByRole('link', { name: /^Output of Unit, attempt/ }).count()).toBe(2);
    },
    TIMEOUT_MS,
  );

  test(
    'stops what runs',
    async () => {
      await unlink(file('may-test'));
      await world.api.change('startExecution', { pipeline: 'shop' });
      await world.go(page, '/pipelines/shop');
      await stage('Test').getByRole('button', { name: 'Stop…' }).click();
      await page.getByLabel('is abandoned').click();
      await page.getByLabel('Reason').fill('It hangs.');
      await page.getByRole('dialog').getByRole('button', { name: 'Stop', exact: true }).click();
      await reached(world, 'shop', 4, 'Stopped');
      await stage('Test').getByText('Stopped').first().waitFor();
      writeFileSync(file('may-test'), '');
    },
    TIMEOUT_MS,
  );

  test(
    'releases an older successful execution again',
    async () => {
      await page.getByRole('button', { name: 'Release again: #1' }).click();
      const revision = await page.getByLabel('Commit of Checkout').inputValue();
      expect(revision).toMatch(/^[0-9a-f]{40}$/);
      await page.getByRole('button', { name: 'Release', exact: true }).click();
      await page.getByRole('heading', { name: 'shop #5' }).waitFor();
      await reached(world, 'shop', 5, 'Succeeded');
      expect(await readFile(join(world.platform.directory, 'www', 'shop', 'current', 'index.html'), 'utf8')).toBe(
        'one',
      );
    },
    TIMEOUT_MS,
  );

  test(
    'artifacts are downloaded and looked into',
    async () => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Download Tree' }).first().click(),
      ]);
      expect(download.suggestedFilename()).toMatch(/^shop-Tree-.*\.zip$/);
      await page.getByRole('button', { name: 'Browse Tree' }).first().click();
      await page.getByRole('dialog').getByText('index.html').waitFor();
      expect(await axe(page)).toEqual([]);
      await page.keyboard.press('Escape');
    },
    TIMEOUT_MS,
  );

  test(
    'the definition is edited; what is wrong stands at its line; versions are compared',
    async () => {
      await world.go(page, '/pipelines/shop/edit');
      await page.getByText('This is a good definition.').waitFor();
      const editor = page.getByRole('textbox', { name: 'Definition' });
      await editor.click();
      await page.keyboard.press('Control+a');
      await page.keyboard.press('Delete');
      const changed = { ...definition(world, polled(shop), 'shop', tests('true')), executionMode: 'NEVER' };
      await page.keyboard.insertText(JSON.stringify(changed, undefined, 2));
      await page.getByText('One thing is wrong.').waitFor();
      await page.locator('.cm-lint-marker-error').waitFor();
      await page.getByRole('status').getByText('executionMode: ').waitFor();
      expect(await page.getByRole('button', { name: 'Save as the new version' }).isDisabled()).toBe(true);
      expect(await axe(page)).toEqual([]);
      await editor.click();
      await page.keyboard.press('Control+a');
      await page.keyboard.press('Delete');
      await page.keyboard.insertText(JSON.stringify({ ...changed, executionMode: 'SUPERSEDED' }));
      await page.getByText('This is a good definition.').waitFor();
      await page.getByRole('button', { name: 'Save as the new version' }).click();
      await page.getByRole('link', { name: 'Definition v2' }).click();
      await page.getByRole('link', { name: 'version 2' }).waitFor();
      await page.getByRole('combobox', { name: 'Compare with' }).click();
      await page.getByRole('option', { name: 'version 1' }).click();
      await page.locator('.cm-changedLine').first().waitFor();
      expect(page.url()).toContain('with=1');
      expect(await axe(page)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test.each([
    ['light', 390],
    ['dark', 390],
    ['dark', 1440],
  ] as const)(
    'no screen of it has barriers, %s, %i px',
    async (theme, width) => {
      const other = await world.open('/pipelines/shop', { theme, width });
      const { id } = (await latest(world, 'shop')) ?? { id: '' };
      for (const path of [
        '/pipelines/shop',
        '/pipelines/shop/definition?with=1',
        '/pipelines/shop/edit',
        `/executions/${id}`,
      ]) {
        await world.go(other, path);
        await other.waitForLoadState('networkidle').catch(() => undefined);
        expect([path, await axe(other)]).toEqual([path, []]);
        const overflow = await other.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect([path, overflow]).toEqual([path, 0]);
      }
      await other.context().close();
    },
    TIMEOUT_MS,
  );
});
