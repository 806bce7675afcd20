import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serverAudits } from 'graphql-http';
import { gatewayHarness, type Harness } from '../testing/gateway.harness.js';

const PAGE = join(import.meta.dirname, '../../../docs/graphql-over-http.md');

/** Of graphql-http 1.23. */
const AUDITS_MIN = 61;

/** The rows of the page's table: which audits do not pass, how loudly, and why. */
async function deviationsOfPage(): Promise<ReadonlyMap<string, { readonly level: string; readonly reason: string }>> {
  const rows = (await readFile(PAGE, 'utf8')).matchAll(/^\| `([0-9A-Z]{4})` \| (\w+) \| [^|]+ \| ([^|]+) \|$/gm);
  return new Map([...rows].map(([, id = '', level = '', reason = '']) => [id, { level, reason }]));
}

describe('the GraphQL over HTTP specification', () => {
  let here: Harness;

  beforeAll(async () => {
    here = await gatewayHarness();
  });

  afterAll(() => here.stop());

  test('is kept, but for the recommendations that docs/graphql-over-http.md declines with a reason', async () => {
    const fetchFn = (url: string, init: RequestInit = {}): Promise<Response> =>
      fetch(url, { ...init, headers: { authorization: `Bearer ${here.adminToken}`, ...init.headers } });
    const audits = serverAudits({ url: `${here.url}/graphql`, fetchFn });
    // A release of the suite that has lost its audits must not pass for compliance.
    expect(audits.length).toBeGreaterThanOrEqual(AUDITS_MIN);

    const failed = new Map<string, string>();
    const errors: string[] = [];
    for (const audit of audits) {
      const result = await audit.fn();
      if (result.status === 'ok') continue;
      await result.response.body?.cancel().catch(() => undefined);
      failed.set(result.id, result.status);
      if (result.status === 'error') errors.push(`${result.id} ${result.name}: ${result.reason}`);
    }

    expect(errors).toEqual([]);
    const declined = await deviationsOfPage();
    expect([...failed].sort()).toEqual([...declined].map(([id, { level }]) => [id, level]).sort());
    for (const { reason } of declined.values()) expect(reason).toMatch(/\w+ \w+ \w+/);
  });
});
