import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { axe, ConsoleWorld, TIMEOUT_MS } from './testing/console-world.js';
import { definition, latest, PLANTED, reached, repository, test as tests, waitingFor } from './testing/pipelines.js';

const LINES = 1_000_000;
/** What waits for a key for longer is frozen, to a person. */
const BLOCKED_MS_MAX = 400;

interface Attempt {
  readonly executionId: string;
  readonly id: string;
  readonly bytes: number;
}

describe('the output of an action', () => {
  let world: ConsoleWorld;

  beforeAll(async () => {
    world = await ConsoleWorld.start();
  }, TIMEOUT_MS);
  afterEach(async () => {
    await world.closePages();
    expect(world.faults.splice(0)).toEqual([]);
  });
  afterAll(() => world.dispose(), TIMEOUT_MS);

  async function running(name: string, ...lines: readonly string[]): Promise<void> {
    const of = await repository(world, name);
    await world.api.change('createPipeline', { definition: definition(world, of, name, tests(...lines)) });
  }

  async function attemptOf(name: string): Promise<Attempt> {
    interface Answer {
      readonly execution: {
        readonly stages: readonly {
          readonly actions: readonly {
            readonly attempts: readonly { readonly id: string; readonly log: { readonly bytes: number } | null }[];
          }[];
        }[];
      };
    }
    const { id: executionId } = (await latest(world, name)) ?? { id: '' };
    const { execution } = await world.api.query<Answer>(
      'query ($id: ID!) { execution(id: $id) { stages { actions { attempts { id log { bytes } } } } } }',
      { id: executionId },
    );
    const found = execution.stages[1]?.actions[0]?.attempts[0];
    return { executionId, id: found?.id ?? '', bytes: found?.log?.bytes ?? 0 };
  }

  test(
    'comes as it is written, in its colours; what a terminal would obey is dropped; text is text',
    async () => {
      const go = join(world.platform.directory, 'go');
      const planted = `printf '%s\\n' '${PLANTED}'`;
      const sequences = `printf 'a\\033]0;owned\\007b\\033]8;;https://evil.example\\033\\\\c\\033]52;c;eA==\\007d\\033[2Je\\n'`;
      await running(
        'colourful',
        `printf '\\033[31mred\\033[0m plain\\n'`,
        planted,
        sequences,
        waitingFor(go),
        'echo "and the end"',
      );
      await reached(world, 'colourful', 1, 'InProgress');
      const page = await world.open('/pipelines/colourful');
      await page.getByRole('link', { name: 'Unit', exact: true }).click();
      const output = page.getByRole('log', { name: 'Output' });
      await output.getByText('red', { exact: true }).waitFor();
      const colour = await output.getByText('red', { exact: true }).evaluate((span) => getComputedStyle(span).color);
      expect(colour).not.toBe(
        await output.getByText('plain', { exact: true }).evaluate((span) => getComputedStyle(span).color),
      );
      await output.getByText(PLANTED, { exact: true }).waitFor();
      await output.getByText('abcde', { exact: true }).waitFor();
      expect(await output.locator('img, script, a[href^="https"]').count()).toBe(0);
      expect(await axe(page)).toEqual([]);
      writeFileSync(go, '');
      await output.getByText('and the end', { exact: true }).waitFor();
      await page.getByText('Succeeded').waitFor();
      await page.keyboard.press('z');
      await output.getByText('and the end', { exact: true }).waitFor({ state: 'detached' });
      await output.getByText('[millrace] $ echo "and the end"').waitFor();
      await page.getByRole('button', { name: 'Fold' }).click();
      await output.getByText('and the end', { exact: true }).waitFor();
    },
    TIMEOUT_MS,
  );

  test(
    `of ${LINES} lines opens at its end, at its start and at any place at once, is searched, and never freezes`,
    async () => {
      await running('long', `seq ${LINES} | sed 's/^/this is line /'`);
      await reached(world, 'long', 1, 'Succeeded');
      const { executionId, id, bytes } = await attemptOf('long');
      expect(bytes).toBeGreaterThan(LINES * 15);
      const page = await world.open('/');
      await page.addInitScript(() => {
        new PerformanceObserver((list) => {
          const longest = Math.max(
            Number(document.documentElement.dataset['blocked'] ?? 0),
            ...list.getEntries().map(({ duration }) => duration),
          );
          document.documentElement.dataset['blocked'] = String(longest);
        }).observe({ type: 'longtask', buffered: true });
      });
      await world.go(page, `/executions/${executionId}/log/${id}`);
      const output = page.getByRole('log', { name: 'Output' });
      await output.getByText(`this is line ${LINES}`, { exact: true }).waitFor();

      await page.keyboard.press('g');
      await output.getByText('this is line 1', { exact: true }).waitFor();
      await output.getByRole('link', { name: 'Link to line 2', exact: true }).waitFor();

      // Read on, page by page: the window goes along.
      await output.focus();
      for (let presses = 0; presses < 40; presses += 1) await page.keyboard.press('PageDown');
      await output
        .getByText(/^this is line [1-9]\d{2,3}$/)
        .first()
        .waitFor();

      await page.getByLabel('Place in the whole output').fill('500');
      await output
        .getByText(/^this is line 5[0-9]{5}$|^this is line 49[0-9]{4}$/)
        .first()
        .waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('line 50');
      await page.getByText(/^\d+ lines$/).waitFor();
      await page.keyboard.press('Escape');

      await page.getByRole('button', { name: 'End', exact: true }).click();
      await output.getByText(`this is line ${LINES}`, { exact: true }).waitFor();

      // A place has an address.
      const link = output.getByRole('link', { name: /^Link to line/ }).last();
      await link.click();
      expect(page.url()).toMatch(/\?at=\d+$/);
      const chosen = await output.locator('[data-chosen="true"]').textContent();
      const again = await world.open(new URL(page.url()).pathname + new URL(page.url()).search);
      await again.locator('[data-chosen="true"]').waitFor();
      expect(await again.locator('[data-chosen="true"]').textContent()).toBe(chosen);

      const blocked = Number(await page.evaluate(() => document.documentElement.dataset['blocked'] ?? 0));
      console.log(`The longest task took ${blocked.toFixed(0)} ms.`);
      expect(blocked).toBeLessThan(BLOCKED_MS_MAX);
      expect(await axe(page)).toEqual([]);
    },
    TIMEOUT_MS * 2,
  );
});
