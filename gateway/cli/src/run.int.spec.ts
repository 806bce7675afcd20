import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, startCommand } from './testing/command-line.js';
import { action, at, attempt, execution, pipelineView, stage, stageNow } from './testing/execution-views.js';
import { PlatformDouble } from './testing/platform-double.js';

const ID = '11111111-2222-4333-8444-555555555555';
const CHANGE = { position: 'log.9', visible: true };

let platform: PlatformDouble;
let directory: string;

beforeEach(async () => {
  platform = await PlatformDouble.start();
  directory = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
});

afterEach(async () => {
  await platform.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Against the double, with a token. */
function millrace(...argv: readonly string[]) {
  return command([...argv, '--url', platform.url, '--token', 'secret'], { directory });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

function connection<Node>(nodes: readonly Node[], next: string | null = null) {
  return { edges: [], nodes, pageInfo: { hasNextPage: next !== null, hasPreviousPage: false, endCursor: next } };
}

describe('what a script sees', () => {
  test('a change is told with the id it made, and carries a client token', async () => {
    platform.root['startExecution'] = { __typename: 'ExecutionChange', executionId: ID, execution: null, ...CHANGE };
    const { exitCode, stdout } = await millrace('start', 'shop', '--var', 'A=b=c', '--revision', 'Git=4f1d', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ executionId: ID, visible: true });
    expect(platform.asked[0]).toMatchObject({
      authorization: 'Bearer secret',
      variables: {
        input: {
          pipeline: 'shop',
          clientToken: expect.stringMatching(/^[0-9a-f-]{36}$/),
          variables: [{ name: 'A', value: 'b=c' }],
          sourceRevisions: [{ actionName: 'Git', revisionValue: '4f1d' }],
        },
      },
    });
  });

  test('a refusal is exit code 3, with its code and its sentence', async () => {
    const refusal = {
      __typename: 'ExecutionRefused',
      code: 'PIPELINE_NOT_FOUND',
      message: 'There is no pipeline shop.',
    };
    platform.root['startExecution'] = refusal;
    expect(await millrace('start', 'shop')).toEqual({
      exitCode: 3,
      stdout: '',
      stderr: 'There is no pipeline shop.\n',
    });
    const { stderr } = await millrace('start', 'shop', '--json');
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'PIPELINE_NOT_FOUND', message: 'There is no pipeline shop.', exitCode: 3 },
    });
  });

  test.each([
    [['retry', 'shop', 'Tset'], 'STAGE_NOT_FOUND', 'Its stages: Test, Deploy.'],
    [['retry', 'shop', 'Deploy'], 'EXECUTION_NOT_FOUND', 'No execution has been in stage Deploy'],
    [['logs', ID, 'Tset/Unit'], 'ACTION_NOT_FOUND', 'The actions: Test/Unit, Test/Lint.'],
    [['logs', ID, 'Test'], 'ACTION_NOT_FOUND', 'The actions: Test/Unit, Test/Lint.'],
    [['logs', ID, 'Test/Unti'], 'ACTION_NOT_FOUND', 'The actions: Test/Unit, Test/Lint.'],
    [['logs', ID, 'Test/Unit/x'], 'ACTION_NOT_FOUND', 'The actions: Test/Unit, Test/Lint.'],
    [['logs', ID, 'Test/Unit', '--attempt', '9'], 'LOG_NOT_FOUND', 'no attempt 9'],
    [['logs', ID, 'Test/Lint'], 'LOG_NOT_FOUND', 'has not started'],
    [['artifact', 'get', ID, 'App'], 'ARTIFACT_NOT_FOUND', 'It has: none.'],
  ])('what is not there is exit code 3, with the choice: %j', async (argv, code, sentence) => {
    platform.root['pipeline'] = pipelineView([stageNow('Test'), stageNow('Deploy')]);
    platform.root['execution'] = execution({
      stages: [stage('Test', { actions: [action('Unit', [attempt()]), action('Lint', [])] })],
    });
    platform.root['artifacts'] = connection([]);
    const { exitCode, stderr } = await millrace(...argv, '--json');
    const { error } = JSON.parse(stderr) as { readonly error: { readonly code: string; readonly message: string } };
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 3, code });
    expect(error.message).toContain(sentence);
  });

  test.each([
    ['UNAUTHENTICATED', 5],
    ['FORBIDDEN', 5],
    ['BAD_USER_INPUT', 2],
    ['INTERNAL', 1],
  ])('the error %s is exit code %d', async (code, exitCode) => {
    platform.intercept = (_, response) => {
      const errors = [{ message: 'A sentence.', extensions: { code, correlationId: 'c-1' } }];
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: null, errors }));
      return true;
    };
    const ended = await millrace('history');
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.stderr).toContain('(correlation id c-1)');
    expect(ended.stderr).not.toMatch(/ at .*\.[jt]s/);
  });

  test('nobody there is exit code 4, and says what to do', async () => {
    const { url } = platform;
    await platform.stop();
    const ended = await command(['history', '--url', url, '--token', 'x'], { directory });
    expect(ended.exitCode).toBe(4);
    expect(ended.stderr).toContain('npm start');
    platform = await PlatformDouble.start();
  }, 15_000);

  test.each([
    [['nonsense']],
    [['start']],
    [['history', '--limit', 'many']],
    [['history', '--status', 'Sideways']],
    [['retry', 'shop', 'Test', '--mode', 'some']],
    [['pipeline', 'create', '-f', 'missing.yml']],
    [['history', '--project', 'other']],
    [['approve']],
  ])('wrong usage is exit code 2: %j', async (argv) => {
    const ended = await millrace(...argv);
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).not.toBe('');
    expect(ended.stdout).toBe('');
  });

  test.each([[['nonsense', '--json']], [['history', '--limit', 'many', '--json']]])(
    'with --json wrong usage is one JSON text, too: %j',
    async (argv) => {
      const { stderr } = await millrace(...argv);
      expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'USAGE', exitCode: 2 } });
    },
  );

  test('help is exit code 0 at every level', async () => {
    for (const argv of [['--help'], ['pipeline', '--help'], ['pipeline', 'create', '--help'], ['help', 'watch']]) {
      const ended = await command(argv);
      expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
      expect(ended.stdout).toContain('Examples:');
    }
  });

  test('a defect is one sentence, and its stack only when asked for', async () => {
    platform.root['pipelines'] = connection([{ name: 'shop', version: 1, id: '1', updatedAt: at(0), deletedAt: null }]);
    platform.intercept = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"pipelines":{"nodes":5}}}');
      return true;
    };
    const quiet = await millrace('pipeline', 'list');
    expect(quiet).toMatchObject({ exitCode: 70, stdout: '' });
    expect(quiet.stderr).not.toMatch(/\n\s+at /);
    const argv = ['pipeline', 'list', '--url', platform.url, '--token', 'x'];
    const loud = await command(argv, { directory, env: { MILLRACE_DEBUG: '1' } });
    expect(loud.stderr).toMatch(/\n\s+at /);
  });
});

describe('who asks', () => {
  test("the admin token of the data directory is sent to this machine's platform", async () => {
    await writeFile(join(directory, 'admin-token'), 'mrt_own\n');
    platform.root['approvals'] = connection([]);
    await command(['approvals', '--url', platform.url, '--data', '.'], { directory });
    expect(platform.asked[0]?.authorization).toBe('Bearer mrt_own');
  });

  test('and to no other', async () => {
    await writeFile(join(directory, 'admin-token'), 'mrt_own\n');
    const { connectionOf } = await import('./connection.js');
    const connected = await connectionOf({ url: 'https://ci.example.org', data: directory }, { env: {}, directory });
    expect(connected).toEqual({ url: 'https://ci.example.org' });
  });

  test('a token that was given wins, the option over the environment', async () => {
    platform.root['approvals'] = connection([]);
    const env = { MILLRACE_TOKEN: 'environment', MILLRACE_URL: platform.url };
    await command(['approvals'], { directory, env });
    await command(['approvals', '--token', 'option'], { directory, env });
    expect(platform.asked.map(({ authorization }) => authorization)).toEqual(['Bearer environment', 'Bearer option']);
  });
});

describe('answers that are lost', () => {
  test('a change is asked for again under the same client token', async () => {
    platform.root['deletePipeline'] = { __typename: 'PipelineDeleted', name: 'shop', ...CHANGE };
    let lost = 2;
    const tokens: string[] = [];
    platform.intercept = (request, response) => {
      if (lost === 0) return false;
      lost -= 1;
      // It may have happened: the request was read, the answer never came.
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        tokens.push(
          (JSON.parse(body) as { variables: { input: { clientToken: string } } }).variables.input.clientToken,
        );
        response.destroy();
      });
      return true;
    };
    const { exitCode } = await millrace('pipeline', 'delete', 'shop');
    expect(exitCode).toBe(0);
    const [third] = platform.askedFor('DeletePipeline');
    tokens.push((third?.variables['input'] as { clientToken: string }).clientToken);
    expect(new Set(tokens).size).toBe(1);
    expect(tokens).toHaveLength(3);
  });

  test('an answer that says "not now" is waited for', async () => {
    platform.root['approvals'] = connection([]);
    let away = 1;
    platform.intercept = (_, response) => {
      if (away-- <= 0) return false;
      response.writeHead(503, { 'content-type': 'application/json' }).end('{"code":"STORE_FULL","message":"Full."}');
      return true;
    };
    expect((await millrace('approvals')).exitCode).toBe(0);
  });

  test('what is refused is not asked for again', async () => {
    let asked = 0;
    platform.intercept = (_, response) => {
      asked += 1;
      response.writeHead(403).end();
      return true;
    };
    expect((await millrace('approvals')).exitCode).toBe(5);
    expect(asked).toBe(1);
  });
});

describe('pipeline create', () => {
  const violations = [
    { path: 'stages[0].name', message: 'is too long.', code: 'Validation' },
    { path: '', message: 'needs another stage.', code: null },
  ];

  test('every violation is told with its line of the file', async () => {
    await writeFile(join(directory, 'shop.yml'), 'name: shop\nstages:\n  - name: xxx\n');
    platform.root['createPipeline'] = {
      __typename: 'PipelineInvalid',
      code: 'INVALID_DEFINITION',
      message: 'The definition breaks 2 rules.',
      violations,
    };
    const ended = await millrace('pipeline', 'create', '-f', 'shop.yml');
    expect(ended.exitCode).toBe(3);
    expect(ended.stderr.split('\n')).toEqual([
      'The definition breaks 2 rules.',
      '  shop.yml:3: stages[0].name: is too long.',
      '  shop.yml: needs another stage.',
      '',
    ]);
    const json = await millrace('pipeline', 'create', '-f', 'shop.yml', '--json');
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { violations: [{ line: 3 }, { path: '' }] } });
  });

  test('the definition comes from standard input, too, as it is', async () => {
    platform.root['createPipeline'] = { __typename: 'PipelineSaved', name: 'shop', version: 1, ...CHANGE };
    const text = '{"pipeline":{"name":"shop"}}';
    const argv = ['pipeline', 'create', '-f', '-', '--url', platform.url, '--token', 'x'];
    const { exitCode, stdout } = await command(argv, { directory, stdin: text });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'Created pipeline shop, version 1.\n' });
    expect(platform.asked[0]?.variables['input']).toMatchObject({ text });
  });
});

describe('history', () => {
  test('all of it is read page by page, a JSON text a line', async () => {
    const row = (ordinal: number) => ({ ...execution({ ordinal }), sourceRevisions: [] });
    platform.root['executions'] = ({ after }: { after?: string }) =>
      after === undefined ? connection([row(3), row(2)], 'next') : connection([row(1)]);
    const { stdout, exitCode } = await millrace('history', '--all', '--json');
    expect(exitCode).toBe(0);
    const ordinals = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { ordinal: number }).ordinal);
    expect(ordinals).toEqual([3, 2, 1]);
    expect(platform.asked.map(({ variables }) => variables['after'])).toEqual([undefined, 'next']);
  });
});

describe('approve', () => {
  const approval = (id: string, stageName: string) => ({
    id,
    token: id,
    status: 'Pending',
    statusSince: at(0),
    pipelineName: 'shop',
    executionId: ID,
    stage: stageName,
    action: 'Release',
    customData: null,
    externalEntityLink: null,
    summaryRequired: false,
    requestedAt: at(0),
    expiresAt: at(60),
    answer: null,
  });

  test('the one that waits in the pipeline is answered', async () => {
    platform.root['approvals'] = connection([
      approval('t-1', 'Approve'),
      { ...approval('t-2', 'X'), pipelineName: 'other' },
    ]);
    platform.root['castVote'] = { __typename: 'VoteAccepted', approval: approval('t-1', 'Approve'), ...CHANGE };
    const { exitCode } = await millrace('approve', 'shop', '--comment', 'seen');
    expect(exitCode).toBe(0);
    expect(platform.askedFor('CastVote')[0]?.variables['input']).toMatchObject({
      token: 't-1',
      result: 'Approved',
      summary: 'seen',
    });
  });

  test('several are told, and none is answered', async () => {
    platform.root['approvals'] = connection([approval('t-1', 'One'), approval('t-2', 'Two')]);
    const several = await millrace('reject', 'shop');
    expect(several.exitCode).toBe(2);
    expect(several.stderr).toContain('t-2');
    expect(platform.askedFor('CastVote')).toEqual([]);
  });

  test('nothing that waits is a refusal', async () => {
    platform.root['approvals'] = connection([]);
    expect((await millrace('approve', 'shop')).exitCode).toBe(3);
  });
});

describe('artifact get', () => {
  const bytes = Buffer.from('a zip');
  const artifact = (sha256: string) => ({
    id: 'art-1',
    name: 'Site',
    sha256,
    bytes: bytes.length,
    pipelineName: 'shop',
    executionId: ID,
    stage: 'Build',
    action: 'Page',
    actionExecutionId: 'a',
    storedAt: at(0),
    expiredAt: null,
    expiredReason: null,
    downloadPath: '/artifacts/art-1',
  });

  beforeEach(() => {
    platform.intercept = (request, response) => {
      if (request.url !== '/artifacts/art-1') return false;
      response.writeHead(200).end(bytes);
      return true;
    };
  });

  test('the bytes are checked against the digest and written whole', async () => {
    platform.root['artifact'] = artifact(createHash('sha256').update(bytes).digest('hex'));
    expect((await millrace('artifact', 'get', 'art-1')).exitCode).toBe(0);
    expect(await readFile(join(directory, 'Site.zip'), 'utf8')).toBe('a zip');
  });

  test('what is not what was stored leaves no file', async () => {
    platform.root['artifact'] = artifact('0'.repeat(64));
    expect((await millrace('artifact', 'get', 'art-1')).exitCode).toBe(1);
    await expect(readFile(join(directory, 'Site.zip'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('watch', () => {
  const running = execution({
    stages: [
      stage('Test', {
        status: 'InProgress',
        statusSince: at(1),
        startedAt: at(1),
        actions: [action('Unit', [attempt({ id: 'a-1' })])],
      }),
    ],
  });
  const ended = (status: 'Succeeded' | 'Failed') => {
    const over = { status, statusSince: at(5), finishedAt: at(5) } as const;
    return execution({
      ...over,
      stages: [
        stage('Test', { ...over, startedAt: at(1), actions: [action('Unit', [attempt({ id: 'a-1', ...over })])] }),
      ],
    });
  };
  const log = 'one\ntwo\nthree\n';
  const chunk = (from: number, to: number, end = false) => ({
    offset: from,
    nextOffset: to,
    text: log.slice(from, to),
    end,
  });

  test.each([
    ['Succeeded', 0],
    ['Failed', 1],
  ] as const)('an execution that has %s ends the watch with %d', async (status, exitCode) => {
    platform.root['executionChanged'] = async function* () {
      yield { executionChanged: running };
      yield { executionChanged: ended(status) };
    };
    platform.root['log'] = ({ offset }: { offset: number }) => chunk(offset, log.length);
    platform.root['logAppended'] = async function* () {
      yield { logAppended: chunk(log.length, log.length, true) };
    };
    const watched = await millrace('watch', ID);
    expect(watched.exitCode).toBe(exitCode);
    expect(watched.stdout).toContain(`shop #7 ${status === 'Succeeded' ? '✔' : '✖'} ${status}, 5.0 s`);
    expect(watched.stdout.match(/│ (one|two|three)/g)).toHaveLength(3);
  });

  test('a lost connection loses and repeats no line and no state', async () => {
    const released = Promise.withResolvers<void>();
    platform.root['executionChanged'] = async function* () {
      yield { executionChanged: running };
      await released.promise;
      yield { executionChanged: ended('Succeeded') };
    };
    platform.root['log'] = ({ offset }: { offset: number }) => chunk(offset, Math.max(offset, 4));
    platform.root['logAppended'] = async function* ({ offset }: { offset: number }) {
      yield { logAppended: chunk(offset, 8) };
      await released.promise;
    };
    const watching = startCommand(['watch', ID, '--json', '--url', platform.url, '--token', 'x'], { directory });
    await until(() => watching.stdout().includes('"line":"two"'));
    const { port } = platform;
    await platform.stop();
    const again = await PlatformDouble.start(port);
    Object.assign(again.root, platform.root);
    again.root['logAppended'] = async function* ({ offset }: { offset: number }) {
      yield { logAppended: chunk(offset, log.length) };
      await released.promise;
    };
    platform = again;
    await until(() => watching.stdout().includes('"line":"three"'));
    released.resolve();
    const { exitCode, stdout } = await watching.ended;
    expect(exitCode).toBe(0);
    const items = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(items.map(({ type, status, line }) => `${String(type)} ${String(status ?? line)}`)).toEqual([
      'execution InProgress',
      'stage InProgress',
      'action InProgress',
      'log one',
      'log two',
      'log three',
      'action Succeeded',
      'stage Succeeded',
      'execution Succeeded',
    ]);
    expect(platform.askedFor('LogAppended')[0]?.variables['offset']).toBe(8);
  }, 15_000);

  test('Ctrl-C ends it at once with 130 and says nothing', async () => {
    platform.root['executionChanged'] = async function* () {
      yield { executionChanged: execution() };
      await new Promise(() => undefined);
    };
    const watching = startCommand(['watch', ID, '--url', platform.url, '--token', 'x'], { directory });
    await until(() => watching.stdout().includes('shop #7'));
    watching.interrupt();
    expect(await watching.ended).toMatchObject({ exitCode: 130, stderr: '' });
  });

  test('an execution that does not exist is a refusal', async () => {
    platform.root['executionChanged'] = async function* () {
      yield { executionChanged: null };
    };
    expect((await millrace('watch', ID)).exitCode).toBe(3);
  });
});

describe('events -f', () => {
  const event = (position: number) => ({
    id: `e-${position}`,
    position: `log.${position}`,
    type: 'StageFinished',
    version: 1,
    category: 'execution',
    stream: 'execution-default/1',
    revision: position,
    time: at(position),
    actor: { kind: 'service', id: 's', name: 'execution', issuer: 'millrace', onBehalfOf: null },
    project: 'default',
    commandId: 'c',
    correlationId: 'c',
    data: { stage: 'Test' },
    hash: '0',
  });

  test('goes on behind its cursor after a restart of the platform', async () => {
    const everything = Array.from({ length: 6 }, (_, index) => event(index + 1));
    let until6 = false;
    platform.root['eventAppended'] = async function* ({ after }: { after?: string }) {
      const from = Number(after?.split('.')[1] ?? 0);
      for (const one of everything.slice(from, until6 ? 6 : 3)) yield { eventAppended: one };
      await new Promise(() => undefined);
    };
    const argv = ['events', '-f', '--after', 'log.1', '--limit', '5', '--json', '--url', platform.url, '--token', 'x'];
    const following = startCommand(argv, { directory });
    await until(() => following.stdout().includes('log.3'));
    until6 = true;
    platform.cutConnections();
    const { stdout, exitCode } = await following.ended;
    expect(exitCode).toBe(0);
    const positions = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { position: string }).position);
    expect(positions).toEqual(['log.2', 'log.3', 'log.4', 'log.5', 'log.6']);
    expect(platform.askedFor('EventAppended').map(({ variables }) => variables['after'])).toEqual(['log.1', 'log.3']);
  }, 15_000);
});
