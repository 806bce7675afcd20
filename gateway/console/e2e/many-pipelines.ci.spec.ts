import { axe, ConsoleWorld } from './testing/console-world.js';
import { definition, repository } from './testing/pipelines.js';

const PIPELINES = 2_000;
const AT_ONCE = 20;
const TIMEOUT_MS = 240_000;
/** A bound against freezing, on a machine with other work; how fast it is, is printed. */
const FRAME_MS_MAX = 2_000;

describe(`${PIPELINES} pipelines on the dashboard`, () => {
  let world: ConsoleWorld;

  beforeAll(async () => {
    // No runner: each waits for one, and nothing else takes the machine's time.
    world = await ConsoleWorld.start({ environment: { MILLRACE_RUNNER: 'off' } });
    const shared = await repository(world, 'shared');
    for (let from = 0; from < PIPELINES; from += AT_ONCE)
      await Promise.all(
        Array.from({ length: AT_ONCE }, (_, index) =>
          world.api.change('createPipeline', {
            definition: definition(world, shared, `service-${String(from + index).padStart(4, '0')}`),
          }),
        ),
      );
  }, TIMEOUT_MS);
  afterAll(() => world.dispose(), TIMEOUT_MS);

  test(
    'are all there, found at once, and scrolled through without a stutter',
    async () => {
      const page = await world.open('/');
      await page.getByRole('link', { name: 'service-0000' }).waitFor();
      await page.getByRole('button', { name: `All ${PIPELINES}`, exact: true }).waitFor();
      // However many there are: only what is in sight is in the page.
      expect(await page.getByRole('row').count()).toBeLessThan(60);
      expect(await page.getByRole('table').getAttribute('aria-rowcount')).toBe(String(PIPELINES + 1));

      const longest = await page.evaluate(async () => {
        let [worst, last] = [0, performance.now()];
        for (let frame = 0; frame < 120; frame += 1) {
          scrollBy(0, 700);
          await new Promise(requestAnimationFrame);
          const now = performance.now();
          worst = Math.max(worst, now - last);
          last = now;
        }
        return worst;
      });
      console.log(`The longest of 120 frames took ${longest.toFixed(0)} ms.`);
      expect(longest).toBeLessThan(FRAME_MS_MAX);

      await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
      await page.getByRole('link', { name: `service-${PIPELINES - 1}` }).waitFor();
      await page.evaluate(() => scrollTo(0, 0));
      await page.getByLabel('Search by name').fill('1777');
      await page.getByRole('link', { name: 'service-1777' }).waitFor();
      expect(await axe(page)).toEqual([]);
      expect(world.faults).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
