import { axe, ConsoleWorld, TIMEOUT_MS } from './testing/console-world.js';

describe('signing in', () => {
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
    'by the link that the start has printed: once, and the code is in no address afterwards',
    async () => {
      const link = await world.platform.signInLink();
      const page = await world.stranger();
      await page.goto(link);
      await page.getByRole('heading', { name: 'No pipelines yet' }).waitFor();
      expect(page.url()).toBe(`${world.platform.url}/`);
      expect(await page.evaluate(() => document.cookie)).toBe('');
      const [cookie] = await page.context().cookies();
      expect(cookie).toMatchObject({ name: 'millrace-session', httpOnly: true, sameSite: 'Strict', path: '/' });

      const second = await world.stranger();
      await second.goto(link);
      await second.getByRole('alert').getByText('This link was used already').waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'No pipelines yet' }).waitFor();
    },
    TIMEOUT_MS,
  );

  test(
    'by a token, at the address that was asked for; signing out ends it everywhere',
    async () => {
      const token = (await world.api.change('createToken', { name: 'ada', role: 'developer' })).secret ?? '';
      const page = await world.stranger();
      await page.goto(`${world.platform.url}/history?status=Failed`);
      await page.getByLabel('Token', { exact: true }).fill('mrt_wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').getByText('This token is not valid').waitFor();
      await page.getByLabel('Token', { exact: true }).fill(token);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: 'History' }).waitFor();
      expect(page.url()).toContain('/history?status=Failed');

      const [cookie] = await page.context().cookies();
      const other = await page.context().newPage();
      await world.go(other, '/');
      await page.getByRole('button', { name: /^ada \(browser\), developer/ }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Sign in to Millrace' }).waitFor();
      await other.getByRole('heading', { name: 'Your session has ended' }).waitFor();
      const answer = await fetch(`${world.platform.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie: `millrace-session=${cookie?.value ?? ''}` },
        body: '{"query":"{ viewer { role } }"}',
      });
      expect(answer.status).toBe(401);
    },
    TIMEOUT_MS,
  );

  test(
    'a session that is revoked asks to sign in, and leads back',
    async () => {
      const { id, secret } = await world.api.change('createToken', { name: 'short', role: 'viewer' });
      const page = await world.stranger();
      await page.context().addCookies([{ name: 'millrace-session', value: secret ?? '', url: world.platform.url }]);
      await world.go(page, '/events?kinds=token');
      await world.api.change('revokeToken', { id });
      await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
      expect(await axe(page)).toEqual([]);
      const again = (await world.api.change('createToken', { name: 'again', role: 'viewer' })).secret ?? '';
      await page.getByLabel('Token', { exact: true }).fill(again);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: 'Events' }).waitFor();
      await page.getByText('Live', { exact: true }).waitFor();
    },
    TIMEOUT_MS,
  );

  test(
    'a runner’s token is no way in, and a foreign page can’t sign anybody in',
    async () => {
      const page = await world.stranger();
      await page.goto(world.platform.url);
      await page.getByLabel('Token', { exact: true }).fill(await world.platform.runnerToken());
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').getByText('a runner’s token').waitFor();
      const post = (headers: Record<string, string>, body: string) =>
        fetch(`${world.platform.url}/session`, { method: 'POST', headers, body });
      const foreign = await post(
        { 'content-type': 'application/json', origin: 'https://evil.example' },
        '{"token":"x"}',
      );
      expect(foreign.status).toBe(403);
      expect((await post({ 'content-type': 'text/plain' }, '{"token":"x"}')).status).toBe(400);
      expect((await post({ 'content-type': 'application/json' }, '{"token":1}')).status).toBe(400);
    },
    TIMEOUT_MS,
  );

  test(
    'what a viewer may not do is not offered',
    async () => {
      const page = await world.open('/', { role: 'viewer' });
      await page.getByText('Somebody who may create pipelines').waitFor();
      await page.goto(`${world.platform.url}/create`);
      await page.getByRole('heading', { name: 'Your role may look at pipelines, not create them' }).waitFor();
      await page.goto(`${world.platform.url}/system`);
      await page.getByRole('heading', { name: 'Views and consumers' }).waitFor();
      await page.getByText('are up to date').click();
      expect(await page.getByRole('button', { name: /Rebuild|token/ }).count()).toBe(0);
    },
    TIMEOUT_MS,
  );
});
