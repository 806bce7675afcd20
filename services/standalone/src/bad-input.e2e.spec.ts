import { readFile } from 'node:fs/promises';
import { WebSocket } from 'ws';
import type { ApiFault, RawAnswer } from './testing/api.js';
import { hostileRequests, schemaOf, type HostileRequest } from './testing/hostile-input.js';
import { commands, pipeline, source, stage, type Json } from './testing/pipeline.js';
import { PlatformProcess } from './testing/platform-process.js';

const TIMEOUT_MS = 240_000;
/** What no client may see: stacks, files, the engine's own words. */
const INSIDES =
  /\bat [\w.<>]+ ?\(|node_modules|file:\/\/|\.[jt]s:\d+|SQLITE|sqlite|\/data\/|ECONN|TypeError|RangeError/;
/** Codes that say that something on our side was not up to it. */
const OURS: readonly string[] = ['INTERNAL', 'INTERNAL_SERVER_ERROR', 'UNAVAILABLE'];

interface Finding {
  readonly title: string;
  readonly status: number;
  readonly text: string;
}

describe('bad input', () => {
  let platform: PlatformProcess;
  let pid: number;
  let begin: string;
  let defectsSeen = 0;
  beforeAll(async () => {
    platform = await PlatformProcess.start();
    ({ pid } = platform);
    const { platform: about } = await platform.api.query<{ readonly platform: { readonly logId: string } }>(
      '{ platform { logId } }',
    );
    begin = `${about.logId}.0`;
  }, TIMEOUT_MS);
  afterAll(() => platform.dispose(), TIMEOUT_MS);

  /** Whatever was sent: the same process is ready, and has met no defect. */
  afterEach(async () => {
    expect(platform.hasEnded()).toBe(false);
    expect(platform.pid).toBe(pid);
    expect((await platform.api.fetch('/health/ready')).status).toBe(200);
    const defects = (await platform.errorsLogged()).slice(defectsSeen);
    defectsSeen += defects.length;
    expect(defects).toEqual([]);
  }, TIMEOUT_MS);

  async function graphql(body: string): Promise<RawAnswer> {
    const response = await platform.api.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const text = await response.text();
    return { status: response.status, text, ...(JSON.parse(text) as Pick<RawAnswer, 'data' | 'errors'>) };
  }

  test(
    'every argument and member of every query and mutation: refused by name, or harmless',
    async () => {
      const requests = hostileRequests(await schemaOf(platform.api)).filter(({ kind }) => kind !== 'subscription');
      expect(requests.length).toBeGreaterThan(500);
      const findings: Finding[] = [];
      for (const request of requests) {
        const body = `{"query":${JSON.stringify(request.document)},"variables":${request.variables}}`;
        const answer = await graphql(body);
        if (!isAcceptable(request, answer))
          findings.push({ title: request.title, status: answer.status, text: answer.text.slice(0, 300) });
      }
      expect(findings).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    'every argument of every subscription: refused by name, or harmless',
    async () => {
      const requests = hostileRequests(await schemaOf(platform.api)).filter(({ kind }) => kind === 'subscription');
      expect(requests.length).toBeGreaterThan(50);
      const findings: Finding[] = [];
      for (const request of requests) {
        const errors = await firstOfSubscription(request);
        const answer: RawAnswer = {
          status: 200,
          text: JSON.stringify(errors),
          ...(errors === undefined ? {} : { errors }),
        };
        if (!isAcceptable(request, answer))
          findings.push({ title: request.title, status: 200, text: answer.text?.slice(0, 300) ?? '' });
      }
      expect(findings).toEqual([]);
    },
    TIMEOUT_MS,
  );

  /** Its errors; undefined when it goes on, or has something to say. */
  function firstOfSubscription({ document, variables }: HostileRequest): Promise<readonly ApiFault[] | undefined> {
    const client = platform.api.socket();
    return new Promise((resolve) => {
      const done = (errors: readonly ApiFault[] | undefined): void => {
        resolve(errors);
        void client.dispose();
      };
      const ended = (error: unknown): void =>
        done(Array.isArray(error) ? (error as readonly ApiFault[]) : tooLarge(error));
      const sink = { error: ended, complete: () => done(undefined) };
      client.subscribe(
        { query: document, variables: JSON.parse(variables) as Record<string, unknown> },
        { ...sink, next: ({ errors }) => done(errors as readonly ApiFault[] | undefined) },
      );
      // Where nothing is said, it was taken: what is asked for behind it, and is always there, is answered first.
      client.subscribe(
        {
          query: 'subscription ($after: Position) { eventAppended(after: $after) { id } }',
          variables: { after: begin },
        },
        { ...sink, next: () => done(undefined) },
      );
    });
  }

  /** A frame over the limit costs the socket; what closed it says so. */
  function tooLarge(error: unknown): readonly ApiFault[] {
    const { code } = error as { readonly code?: number };
    if (code !== 1009) throw error;
    return [{ message: 'The frame is too large.', extensions: { code: 'TOO_LARGE' } }];
  }

  describe('a definition', () => {
    const git = source({ directory: '/srv/site' });
    const named = (name: string, ...stages: readonly Json[]): Json =>
      pipeline(
        name,
        stage('Source', git),
        ...(stages.length > 0 ? stages : [stage('Build', commands('Build', ['true']))]),
      );
    const many = (count: number): readonly Json[] =>
      Array.from({ length: count }, (_, index) => stage(`S${index}`, commands('Build', ['true'])));
    const cycle = stage(
      'Build',
      commands('A', ['true'], { inputArtifacts: [{ name: 'Two' }], outputArtifacts: [{ name: 'One', files: ['*'] }] }),
      commands('B', ['true'], { inputArtifacts: [{ name: 'One' }], outputArtifacts: [{ name: 'Two', files: ['*'] }] }),
    );

    test.each([
      { title: 'a name of 101 characters', definition: named('x'.repeat(101)), path: 'name' },
      { title: '51 stages', definition: named('many', ...many(50)), path: 'stages' },
      {
        title: 'a stage of 101 characters',
        definition: named('long', stage('y'.repeat(101), git)),
        path: 'stages[1].name',
      },
      {
        title: 'a cycle of artifacts',
        definition: named('cycle', cycle),
        path: 'stages[1].actions[0].inputArtifacts[0].name',
      },
      { title: 'a surplus member', definition: { ...named('surplus'), surplus: 1 }, path: 'surplus' },
      { title: 'a wrong type', definition: { ...named('typed'), stages: 'none' }, path: 'stages' },
      { title: 'no stages', definition: { name: 'bare' }, path: 'stages' },
    ])(
      '$title is refused, and the refusal says where',
      async ({ definition, path }) => {
        const created = await violations('createPipeline', JSON.stringify(definition));
        expect(created.map((each) => each.path)).toContain(path);
        const checked = await platform.api.query<{ readonly validatePipeline: { readonly valid: boolean } }>(
          'query ($definition: JSON) { validatePipeline(definition: $definition) { valid } }',
          { definition },
        );
        expect(checked.validatePipeline.valid).toBe(false);
      },
      TIMEOUT_MS,
    );

    test(
      '__proto__ is a member that does not exist, wherever it stands',
      async () => {
        const text = JSON.stringify(named('proto')).replace('"stages"', '"__proto__":{"polluted":true},"stages"');
        expect(await refusal(text)).toContain('__proto__');
        const inside = JSON.stringify(named('proto')).replace(
          '"PollForSourceChanges"',
          '"__proto__":"x","PollForSourceChanges"',
        );
        expect(await refusal(inside)).toContain('__proto__');
        const yaml = 'name: proto\n__proto__: { polluted: true }\nstages: []\n';
        const answer = await graphql(JSON.stringify({ query: CREATE, variables: { input: { text: yaml } } }));
        expect(answer.text).toContain('__proto__');
      },
      TIMEOUT_MS,
    );

    test.each([
      ['brackets', '['.repeat(100_000)],
      ['braces', '{"a":'.repeat(20_000)],
      ['an anchor', 'a: &a [x]\nb: [*a,*a,*a]'],
      ['a tag', 'name: !!js/function "function () {}"'],
      ['no YAML', '\u0000\u0001'],
    ])(
      'a text of %s is refused as unreadable',
      async (_title, text) => {
        const answer = await graphql(
          JSON.stringify({
            query: `mutation ($input: CreatePipelineInput!) { createPipeline(input: $input) { __typename ... on Refusal { code message } } }`,
            variables: { input: { text } },
          }),
        );
        expect(answer.status).toBe(200);
        expect(answer.text).not.toMatch(INSIDES);
        expect(answer.data).toMatchObject({ createPipeline: { __typename: 'PipelineInvalid' } });
      },
      TIMEOUT_MS,
    );

    const CREATE = `mutation ($input: CreatePipelineInput!) { createPipeline(input: $input) {
      __typename ... on PipelineInvalid { violations { path message } } } }`;

    /** JSON with `__proto__` is refused before anybody looks at what it is. */
    async function refusal(definition: string): Promise<string> {
      const body = `{"query":${JSON.stringify(CREATE)},"variables":{"input":{"definition":${definition}}}}`;
      const { status, text } = await graphql(body);
      expect(status).toBe(400);
      return text;
    }

    async function violations(
      mutation: string,
      definition: string,
    ): Promise<readonly { readonly path: string; readonly message: string }[]> {
      const query = `mutation ($input: CreatePipelineInput!) { ${mutation}(input: $input) {
        __typename ... on PipelineInvalid { violations { path message } } } }`;
      const answer = await graphql(
        `{"query":${JSON.stringify(query)},"variables":{"input":{"definition":${definition}}}}`,
      );
      expect(answer.text).not.toMatch(INSIDES);
      const result = (
        answer.data as
          | Record<string, { readonly violations?: readonly { readonly path: string; readonly message: string }[] }>
          | null
          | undefined
      )?.[mutation];
      if (result?.violations === undefined) throw new Error(`It was not refused: ${answer.text}`);
      return result.violations;
    }
  });

  describe('raw HTTP', () => {
    const MEBIBYTE = 1024 * 1024;
    const job = '00000000-0000-4000-8000-000000000000';
    const routes = [
      ['POST', '/graphql'],
      ['POST', '/runner/v1/lease'],
      ['POST', '/runner/v1/heartbeat'],
      ['POST', `/runner/v1/jobs/${job}/report`],
      ['PUT', `/runner/v1/jobs/${job}/log?offset=0`],
      ['PUT', `/runner/v1/jobs/${job}/artifacts/Tree`],
    ] as const;
    const bodies: readonly (readonly [string, string])[] = [
      ['10 MB', `{"query":"${'x'.repeat(10 * MEBIBYTE)}"}`],
      ['nothing', ''],
      ['half a JSON', '{"query":'],
      ['a list', '[]'],
      ['null', 'null'],
      ['__proto__', '{"__proto__":{"polluted":true},"query":"{ viewer { role } }"}'],
      ['deep nesting', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
      [
        'wrong types',
        '{"requestId":1,"runnerId":{},"labels":"x","waitMs":"y","jobs":3,"nonce":[],"result":7,"query":5}',
      ],
    ];

    test.each(routes.flatMap(([method, path]) => bodies.map(([title, body]) => ({ method, path, title, body }))))(
      '$method $path with $title is refused with a code',
      async ({ method, path, body }) => {
        const token = path.startsWith('/runner') ? await platform.runnerToken() : undefined;
        const answer = await sent(method, path, body, token);
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
        expect(answer.text).not.toMatch(INSIDES);
        expect(answer.text).toMatch(/"code":"[A-Z_]+"/);
      },
      TIMEOUT_MS,
    );

    test(
      'the runner API names the members that are wrong',
      async () => {
        const body = JSON.stringify({ requestId: 'x', runnerId: 'r'.repeat(101), labels: [], waitMs: 0, surplus: 1 });
        const { status, text } = await sent('POST', '/runner/v1/lease', body, await platform.runnerToken());
        expect(status).toBe(400);
        for (const member of ['requestId', 'runnerId', 'surplus']) expect(text).toContain(member);
      },
      TIMEOUT_MS,
    );

    test.each([
      '/graphql/../secrets',
      '/logs/x/y',
      `/artifacts/${'a'.repeat(5_000)}`,
      '/%00',
      '/runner/v1/jobs/../lease',
    ])(
      'GET %s is refused',
      async (path) => {
        const { status, text } = await sent('GET', path, undefined);
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
        expect(text).not.toMatch(INSIDES);
      },
      TIMEOUT_MS,
    );

    /** A server may refuse a body before it was sent whole; then the connection breaks, which says the same less kindly. */
    async function sent(
      method: string,
      path: string,
      body: string | undefined,
      token?: string,
    ): Promise<{ readonly status: number; readonly text: string }> {
      const response = await platform.api.fetch(path, {
        method,
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body }),
      });
      return { status: response.status, text: await response.text() };
    }
  });

  test.each([
    ['no JSON', 'hello'],
    ['a list', '[]'],
    ['an unknown type', '{"type":"surprise"}'],
    ['a subscription before the greeting', '{"type":"subscribe","id":"1","payload":{"query":"{ viewer { role } }"}}'],
    ['1 MiB', JSON.stringify({ type: 'connection_init', payload: { x: 'x'.repeat(1024 * 1024) } })],
    ['a greeting without a token', '{"type":"connection_init","payload":{"__proto__":{"authorization":"Bearer x"}}}'],
  ])(
    'a socket that sends %s is closed',
    async (_title, frame) => {
      const socket = new WebSocket(`${platform.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      const reason = await new Promise<string>((resolve) => {
        socket.once('open', () => socket.send(frame));
        socket.once('close', (code, text) => resolve(`${code} ${text.toString()}`));
        socket.once('error', () => undefined);
      });
      expect(reason).toMatch(/^(1009|44\d\d) /);
      expect(reason).not.toMatch(INSIDES);
    },
    TIMEOUT_MS,
  );

  test('nothing of it reached the prototype of anything, or the disk', async () => {
    expect(await readFile('/tmp/pwned').catch(() => 'absent')).toBe('absent');
    const { pipelines } = await platform.api.query<{ readonly pipelines: { readonly nodes: readonly unknown[] } }>(
      '{ pipelines { nodes { name } } }',
    );
    expect(pipelines.nodes).toEqual([]);
  });
});

function isAcceptable(request: HostileRequest, { status, text, errors }: RawAnswer): boolean {
  if (status >= 500 || INSIDES.test(text)) return false;
  if (errors?.some(({ extensions }) => OURS.includes(extensions.code)) === true) return false;
  if (!request.forbidden) return true;
  // Members that reach for a prototype are refused with the body.
  return text.includes(request.member) && (status === 400 || errors !== undefined);
}
