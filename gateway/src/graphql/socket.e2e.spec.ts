import type { Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { streams } from '@millrace/contracts';
import { eventually } from '../testing/eventually.js';
import { gatewayHarness, type Harness } from '../testing/gateway.harness.js';

const EVENTS =
  'subscription ($after: Position) { eventAppended(after: $after, filter: { categories: ["platform"] }) { position data } }';
const INBOX = 'subscription { approvalsChanged { id status } }';

interface Heard {
  readonly results: {
    readonly data?: Record<string, never> | null;
    readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
  }[];
  readonly over: Promise<{ readonly error?: unknown }>;
  readonly stop: () => void;
}

function hear(client: Client, query: string, variables: Record<string, unknown> = {}): Heard {
  const results: Heard['results'] = [];
  let stop: () => void = () => undefined;
  const over = new Promise<{ readonly error?: unknown }>((resolve) => {
    stop = client.subscribe(
      { query, variables },
      {
        next: (value) => void results.push(value as unknown as Heard['results'][number]),
        error: (error) => resolve({ error }),
        complete: () => resolve({}),
      },
    );
  });
  return { results, over, stop };
}

const told = ({ results }: Heard) =>
  results.map(({ data }) => (data?.['eventAppended'] as unknown as { data: { witness: string } }).data.witness);

describe('the socket', () => {
  let here: Harness;

  beforeAll(async () => {
    here = await gatewayHarness({ allowedHosts: ['ci.example.org'] });
  });

  afterAll(() => here.stop());

  /** A bare socket, for what no proper client does. */
  function bare(headers: Record<string, string> = {}): {
    readonly socket: WebSocket;
    readonly closed: Promise<number>;
    readonly messages: { readonly type: string; readonly payload?: unknown; readonly id?: string }[];
    readonly opened: Promise<void>;
  } {
    const socket = new WebSocket(`${here.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
    const messages: { type: string }[] = [];
    socket.on('message', (text) => void messages.push(JSON.parse(String(text)) as { type: string }));
    const closed = new Promise<number>((resolve) => {
      socket.on('close', (code) => resolve(code));
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
      socket.on('error', () => undefined);
    });
    return { socket, closed, messages, opened: new Promise((resolve) => socket.on('open', () => resolve())) };
  }

  async function signedIn(headers: Record<string, string> = {}) {
    const open = bare(headers);
    await open.opened;
    open.socket.send(
      JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${here.adminToken}` } }),
    );
    await eventually(() => open.messages.some(({ type }) => type === 'connection_ack'), true);
    return open;
  }

  const subscribe = (id: string, query: string) => JSON.stringify({ id, type: 'subscribe', payload: { query } });

  describe('who may connect', () => {
    test.each([
      ['a foreign origin', { origin: 'https://evil.example' }, 403],
      ['a sandboxed page', { origin: 'null' }, 403],
      ['a foreign host', { host: 'evil.example' }, 421],
      ['a foreign host of its own page', { host: 'evil.example', origin: 'http://evil.example' }, 421],
    ])('refuses %s at the upgrade', async (_what, headers: Record<string, string>, status) => {
      expect(await bare({ authorization: `Bearer ${here.adminToken}`, ...headers }).closed).toBe(status);
    });

    test('refuses other paths', async () => {
      const socket = new WebSocket(`${here.url.replace('http', 'ws')}/other`, 'graphql-transport-ws');
      const status = await new Promise((resolve) => {
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
        socket.on('error', () => undefined);
      });
      expect(status).toBe(404);
    });

    test('takes a page of its own', async () => {
      const { socket } = await signedIn({ host: 'ci.example.org', origin: 'https://ci.example.org' });
      socket.close();
    });

    test.each([
      ['nothing', {}],
      ['a wrong token', { authorization: `Bearer mrt_${'0'.repeat(32)}_${'A'.repeat(43)}` }],
      ['an object', { authorization: { toString: 'x' } }],
    ])('closes with 4403 when shown %s', async (_what, payload) => {
      const { socket, opened, closed } = bare();
      await opened;
      socket.send(JSON.stringify({ type: 'connection_init', payload }));
      expect(await closed).toBe(4403);
    });

    test('takes the token of the header or of the session cookie', async () => {
      for (const headers of [
        { authorization: `Bearer ${here.adminToken}` },
        { cookie: `other=1; millrace-session=${here.adminToken}` },
      ]) {
        const { socket, opened, messages } = bare(headers as unknown as Record<string, string>);
        await opened;
        socket.send('{"type":"connection_init"}');
        await eventually(() => messages[0]?.type, 'connection_ack');
        socket.close();
      }
    });

    test('a runner reads no events', async () => {
      const { socket, opened, closed } = bare({ authorization: `Bearer ${here.runnerToken}` });
      await opened;
      socket.send('{"type":"connection_init"}');
      expect(await closed).toBe(4403);
    });

    test('closes what does not sign in within 3 s', async () => {
      const started = Date.now();
      expect(await bare().closed).toBe(4408);
      expect(Date.now() - started).toBeLessThan(6_000);
    });

    test('closes when the token is revoked', async () => {
      const { id, secret } = await here.createToken('viewer');
      const { socket, opened, closed, messages } = bare({ authorization: `Bearer ${secret}` });
      await opened;
      socket.send('{"type":"connection_init"}');
      await eventually(() => messages[0]?.type, 'connection_ack');
      await here.graphql('mutation ($id: ID!) { revokeToken(input: { id: $id }) { __typename } }', { id });
      expect(await closed).toBe(4401);
    });

    test('closes when the token expires', async () => {
      const { secret } = await here.createToken('viewer', new Date(Date.now() + 500).toISOString());
      const { socket, opened, closed } = bare({ authorization: `Bearer ${secret}` });
      await opened;
      socket.send('{"type":"connection_init"}');
      expect(await closed).toBe(4401);
    });
  });

  describe('what it carries', () => {
    test.each([
      ['a mutation', 'mutation { createToken(input: { name: "x", role: admin }) { __typename } }', 'BAD_REQUEST'],
      ['a query', '{ viewer { role } }', 'BAD_REQUEST'],
      ['introspection', '{ __schema { types { name } } }', 'BAD_REQUEST'],
      ['what can’t be read', '{', 'GRAPHQL_PARSE_FAILED'],
      ['an unknown field', 'subscription { secrets }', 'GRAPHQL_VALIDATION_FAILED'],
      ['too many tokens', `subscription { ${'approvalsChanged { id } '.repeat(600)} }`, 'GRAPHQL_PARSE_FAILED'],
      [
        'two root fields',
        'subscription { approvalsChanged { id } pipelinesChanged { pipelineId } }',
        'GRAPHQL_VALIDATION_FAILED',
      ],
    ])('refuses %s', async (_what, query, code) => {
      const before = await here.store.head();
      const { error } = await hear(here.socket(), query).over;
      expect(error).toEqual([expect.objectContaining({ extensions: { code, correlationId: expect.any(String) } })]);
      expect(await here.store.head()).toEqual(before);
    });

    test('tells ten errors of a document and no more', async () => {
      const { error } = await hear(here.socket(), `subscription { approvalsChanged { ${'nothing '.repeat(100)} } }`)
        .over;
      expect((error as readonly unknown[]).length).toBeLessThanOrEqual(11);
    });

    test('closes at a message over 64 KiB', async () => {
      const { socket, closed } = await signedIn();
      socket.send(subscribe('1', `subscription { approvalsChanged { ${'id '.repeat(30_000)} } }`));
      expect(await closed).toBe(1009);
    });

    test.each(['{', '[]', 'null', '{"type":"subscribe"}', '{"type":"nonsense"}'])(
      'closes at %s, and lives on',
      async (text) => {
        const { socket, closed } = await signedIn();
        socket.send(text);
        expect(await closed).toBe(4400);
        expect((await here.fetch('/health/live')).status).toBe(200);
      },
    );

    test('carries 20 subscriptions, not 21', async () => {
      const { socket, messages } = await signedIn();
      for (let number = 1; number <= 21; number += 1) socket.send(subscribe(String(number), INBOX));
      await eventually(() => messages.filter(({ type }) => type === 'error').length, 1);
      expect(messages.find(({ type }) => type === 'error')).toMatchObject({
        id: '21',
        payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }],
      });
      socket.close();
    });

    test('can’t be talked into sending another’s frame', async () => {
      const { socket, messages } = await signedIn();
      socket.send('{"type":"ping","payload":{"type":"next","payload":"frame:1"}}');
      await eventually(() => messages.at(-1)?.type, 'pong');
      expect(messages.at(-1)?.payload).toEqual({ type: 'next', payload: 'frame:1' });
      socket.close();
    });
  });

  describe('eventAppended', () => {
    test('tells the backlog, then what happens, each once and in order, also across a restart', async () => {
      const start = (await here.graphql('{ platform { head } }')).data?.['platform'] as unknown as { head: string };
      await here.happen('a');
      await here.happen('b');
      const first = hear(here.socket(), EVENTS, { after: start.head });
      await eventually(() => told(first).length, 2);
      await here.happen('c');
      await eventually(() => told(first).length, 3);
      expect(told(first)).toEqual(['a', 'b', 'c']);

      const cursor = (first.results.at(-1)?.data?.['eventAppended'] as unknown as { position: string }).position;
      await here.restartGateway();
      await first.over;
      await here.happen('d');
      const second = hear(here.socket(), EVENTS, { after: cursor });
      await here.happen('e');
      await eventually(() => told(second).length, 2);
      expect(told(second)).toEqual(['d', 'e']);
      second.stop();
    });

    test('without a cursor tells only what is new', async () => {
      const heard = hear(here.socket(), EVENTS);
      let number = 0;
      // Until the subscription stands nobody knows what "new" is.
      await eventually(async () => {
        if (heard.results.length === 0) await here.happen(`n${(number += 1)}`);
        return heard.results.length > 0;
      }, true);
      expect(told(heard)[0]).toMatch(/^n\d+$/);
      heard.stop();
    });

    test.each([
      ['of another log', '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a001.7', 'CURSOR_FROM_ANOTHER_LOG'],
      ['that is none', 'seven', 'BAD_USER_INPUT'],
      ['that is negative', '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a001.-7', 'BAD_USER_INPUT'],
    ])('refuses a cursor %s', async (_what, after, code) => {
      const heard = hear(here.socket(), EVENTS, { after });
      const { error } = await heard.over;
      const errors = (error ?? heard.results[0]?.errors) as readonly {
        readonly extensions: { readonly code: string };
      }[];
      expect(errors[0]?.extensions.code).toBe(code);
    });
  });

  describe('approvalsChanged, shared', () => {
    const id = '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a0aa';
    const ref = { actionExecutionId: id, executionId: id, pipelineName: 'shop', stage: 'Approve', action: 'Manual' };

    test('two who ask the same get the same, a latecomer gets what is known, and the last one out ends it', async () => {
      const [one, two] = [hear(here.socket(), INBOX), hear(here.socket(), INBOX)];
      await here.append(streams.approval('default', id), 'ApprovalRequested', {
        ...ref,
        summaryRequired: false,
        expiresAt: '2099-01-01T00:00:00.000Z',
      });
      await eventually(() => one.results.length > 0 && two.results.length > 0, true);
      expect(one.results[0]).toEqual({ data: { approvalsChanged: { id, status: expect.any(String) } } });
      expect(two.results[0]).toEqual(one.results[0]);
      const late = hear(here.socket(), INBOX);
      await eventually(() => late.results.length, 1);
      expect(late.results[0]).toEqual(one.results[0]);

      const by = { kind: 'token', id: 'a', name: 'Ada', issuer: 'millrace' };
      await here.append(streams.approval('default', id), 'ApprovalGranted', {
        ...ref,
        summary: 'fine',
        by,
        answeredAt: '2026-01-01T00:00:00.000Z',
      });
      for (const heard of [one, two, late]) {
        await eventually(() => heard.results.length, 2);
        expect(heard.results[1]).not.toEqual(heard.results[0]);
        heard.stop();
      }
    });
  });

  test('a gateway that closes says so to its clients', async () => {
    const { closed } = await signedIn();
    await here.restartGateway();
    expect(await closed).toBe(1001);
  });

  test('nothing of this was a defect', () => {
    expect(here.logged.filter((line) => line.includes('defect'))).toEqual([]);
  });
});
