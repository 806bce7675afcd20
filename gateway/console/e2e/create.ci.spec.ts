import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { axe, ConsoleWorld, TIMEOUT_MS } from './testing/console-world.js';
import { reached, repository } from './testing/pipelines.js';

describe('the first release', () => {
  let world: ConsoleWorld;

  beforeAll(async () => {
    world = await ConsoleWorld.start();
  }, TIMEOUT_MS);
  afterEach(async () => {
    await world.closePages();
    expect(world.faults.splice(0)).toEqual([]);
  });
  afterAll(() => world.dispose(), TIMEOUT_MS);

  test(
    'leads from the link that the start has printed through the wizard to a release, by nothing but the console',
    async () => {
      const site = await repository(world, 'site', { 'index.html': '<h1>Hello</h1>' });
      const page = await world.stranger();
      await page.goto(await world.platform.signInLink());
      await page.getByRole('link', { name: 'Create a pipeline' }).click();

      await page.getByLabel('Name of the pipeline').fill('no blanks allowed');
      await page.getByLabel('Repository').fill(site.directory);
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByRole('alert').getByText('Give it a name').waitFor();
      expect(await axe(page)).toEqual([]);
      await page.getByLabel('Name of the pipeline').fill('site');
      await page.getByLabel('Looked at every').fill('1');
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByRole('radio', { name: /By commands/ }).check();
      await page.getByRole('textbox', { name: 'Commands' }).fill('mkdir out\ncp index.html out/index.html');
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByRole('textbox', { name: 'Commands' }).fill('grep "<h1>" index.html');
      await page.getByRole('button', { name: 'Next' }).click();
      expect(await page.getByLabel('Somebody has to approve').isChecked()).toBe(true);
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByLabel('Directory of the releases').fill(join(world.platform.directory, 'www'));
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByText('Source → Build → Test → Approve → Deploy').waitFor();
      await page.getByText('Live', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Create', exact: true }).click();

      await page.getByRole('heading', { name: 'site', exact: true }).waitFor();
      await page.getByRole('region', { name: 'Stage Approve' }).getByText('Waits for approval').first().waitFor();
      await page.getByRole('region', { name: 'Stage Approve' }).getByRole('link', { name: 'Approve' }).click();
      await page.getByText('Release First?').waitFor();
      await page.getByRole('button', { name: 'Approve', exact: true }).click();
      await reached(world, 'site', 1, 'Succeeded');
      expect(await readFile(join(world.platform.directory, 'www', 'current', 'out', 'index.html'), 'utf8')).toBe(
        '<h1>Hello</h1>',
      );
    },
    TIMEOUT_MS,
  );

  test(
    'goes on as text from where the questions ended; a name that is taken is refused',
    async () => {
      const page = await world.open('/create');
      await page.getByLabel('Name of the pipeline').fill('site');
      await page.getByText('As JSON or YAML').click();
      await page.getByText(/things? (is|are) wrong/).waitFor();
      const editor = page.getByRole('textbox', { name: 'Definition' });
      await editor.click();
      await page.keyboard.press('Control+a');
      await page.keyboard.press('Delete');
      await page.keyboard.insertText(
        [
          'name: site',
          'stages:',
          '  - name: Source',
          '    actions:',
          '      - name: Checkout',
          "        actionTypeId: { category: Source, owner: Millrace, provider: Git, version: '1' }",
          '        configuration: { RepositoryUrl: /srv/nowhere }',
          '        outputArtifacts: [{ name: Tree }]',
          '  - name: Test',
          '    actions:',
          '      - name: Unit',
          "        actionTypeId: { category: Compute, owner: AWS, provider: Commands, version: '1' }",
          "        commands: ['true']",
          '        inputArtifacts: [{ name: Tree }]',
        ].join('\n'),
      );
      await page.getByText('This is a good definition.').waitFor();
      expect(await axe(page)).toEqual([]);
      await page.getByRole('button', { name: 'Create', exact: true }).click();
      await page.getByRole('alert').getByText(/site/).waitFor();
      // What may stand at a place is offered there.
      await editor.click();
      await page.keyboard.press('Control+End');
      await page.keyboard.type('\n');
      await page.keyboard.type('name');
      await page.getByRole('option', { name: /namespace/ }).waitFor();
    },
    TIMEOUT_MS,
  );

  test.each([
    ['light', 390],
    ['dark', 1440],
  ] as const)(
    'has no barriers, %s, %i px',
    async (theme, width) => {
      const page = await world.open('/create', { theme, width });
      await page.getByLabel('Repository').waitFor();
      expect(await axe(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
      await page.getByText('As JSON or YAML').click();
      await page.getByText(/things? (is|are) wrong/).waitFor();
      expect(await axe(page)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
