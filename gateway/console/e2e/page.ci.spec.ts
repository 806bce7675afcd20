import { brotliDecompressSync } from 'node:zlib';
import { request } from 'node:http';
import { ConsoleWorld, TIMEOUT_MS } from './testing/console-world.js';

const SCRIPT_BYTES_MAX = 250_000;

describe('the page', () => {
  let world: ConsoleWorld;

  beforeAll(async () => {
    world = await ConsoleWorld.start();
  }, TIMEOUT_MS);
  afterEach(() => world.closePages());
  afterAll(() => world.dispose(), TIMEOUT_MS);

  /** As it comes, not unpacked. */
  const get = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ readonly status: number; readonly headers: Record<string, unknown>; readonly body: Buffer }>(
      (resolve, reject) => {
        const sent = request(`${world.platform.url}${path}`, { headers }, (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
          );
        });
        sent.on('error', reject);
        sent.end();
      },
    );
  const assets = async (): Promise<readonly string[]> =>
    [...(await get('/')).body.toString().matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);

  test.each([
    '/',
    '/pipelines/shop',
    '/pipelines/shop/edit',
    '/executions/x/log/y',
    '/approvals',
    '/history',
    '/events',
    '/create',
    '/system',
    '/sign-in',
  ])('%s is served to anybody, with a policy that lets nothing else in', async (path) => {
    const { status, headers, body } = await get(path);
    expect(status).toBe(200);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self' 'nonce-");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|data:|\*|https?:/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
    expect(body.toString()).toContain(`nonce="${nonce}"`);
    expect(body.toString()).not.toContain('__CSP_NONCE__');
    expect((await get(path)).headers['content-security-policy']).not.toBe(policy);
  });

  test('files are compressed, kept for ever, and nothing else is reached by their address', async () => {
    const [script = ''] = (await assets()).filter((path) => path.endsWith('.js'));
    const packed = await get(script, { 'accept-encoding': 'gzip, br' });
    expect(packed.headers).toMatchObject({
      'content-encoding': 'br',
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
    });
    const plain = await get(script);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(brotliDecompressSync(packed.body).equals(plain.body)).toBe(true);
    for (const path of [
      '/assets/..%2findex.html',
      '/assets/%2e%2e%2f.inputs',
      '/assets/.inputs',
      '/assets/none.js',
      '/assets/x.html',
      '/assets/%00.js',
    ])
      expect((await get(path)).status).toBeGreaterThanOrEqual(400);
  });

  test(
    `the first screen loads less than ${SCRIPT_BYTES_MAX / 1_000} kB of script, from this host alone`,
    async () => {
      const page = await world.stranger();
      const scripts: Promise<number>[] = [];
      page.on('response', (response) => {
        if (new URL(response.url()).pathname.endsWith('.js'))
          scripts.push(
            response
              .request()
              .sizes()
              .then(({ responseBodySize }) => responseBodySize),
          );
      });
      await page.goto(await world.platform.signInLink());
      await page.getByRole('heading', { name: 'No pipelines yet' }).waitFor();
      await page.waitForLoadState('networkidle');
      const bytes = (await Promise.all(scripts)).reduce((sum, each) => sum + each, 0);
      expect(bytes).toBeGreaterThan(10_000);
      expect(bytes).toBeLessThan(SCRIPT_BYTES_MAX);
      expect(world.faults).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
