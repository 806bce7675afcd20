import { command } from './testing/command-line.js';
import { action, at, attempt, execution, stage } from './testing/execution-views.js';
import { PlatformDouble } from './testing/platform-double.js';
import { styleOf } from './output/style.js';
import { WatchPresenter } from './watch/present.js';
import type { WatchItem } from './watch/watch-item.js';

const ID = '11111111-2222-4333-8444-555555555555';

/** A link, the clipboard, a title, the cursor, a carriage return, a backspace, their 8-bit forms, and text that runs backwards. */
const EVIL =
  'x\u001b]8;;http://evil.example\u001b\\y\u001b]8;;\u001b\\\u001b]52;c;ZXZpbA==\u0007\u001b]0;t\u0007\u001b[2J\u001b[1A\u001b[8D' +
  '\u001bc\u001bP1$r\u001b\\\rz\u0008\u007f\u009b2J\u009d52;c;ZXZpbA==\u009c\u0085\u202e\u2066end';

/** Everything but line breaks, tabs and, once colours are taken out, printable characters. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const withoutColours = (text: string): string => text.replace(/\u001b\[[0-9;:]*m/g, '');

const by = { kind: 'person', id: EVIL, name: EVIL, issuer: EVIL, onBehalfOf: null };
const failed = attempt({
  status: 'Failed',
  summary: EVIL,
  error: { code: EVIL, message: EVIL },
  log: { bytes: 0, closed: true, dropped: 0 },
});
const evilExecution = execution({
  pipelineName: EVIL,
  status: 'Failed',
  summary: EVIL,
  trigger: { type: EVIL, detail: EVIL },
  startedBy: by,
  finishedAt: at(9),
  sourceRevisions: [{ actionName: EVIL, revision: { revisionId: EVIL, summary: EVIL, url: null } }],
  waiting: { stage: EVIL, cause: EVIL, explanation: EVIL, since: at(1) },
  stages: [stage('Build', { actions: [action('Compile', [failed])] })],
});
const approval = {
  id: 'a',
  token: EVIL,
  status: 'Pending',
  statusSince: at(0),
  pipelineName: EVIL,
  executionId: ID,
  stage: EVIL,
  action: EVIL,
  customData: EVIL,
  externalEntityLink: EVIL,
  summaryRequired: true,
  requestedAt: at(0),
  expiresAt: at(60),
  answer: null,
};
const connection = (nodes: readonly object[]) => ({
  nodes,
  edges: [],
  pageInfo: { hasNextPage: false, hasPreviousPage: false, endCursor: null },
});

describe('what other people wrote can not steer the terminal', () => {
  let platform: PlatformDouble;

  beforeAll(async () => {
    platform = await PlatformDouble.start();
    const revision = { revisionId: EVIL, summary: EVIL, url: null };
    const refusal = { __typename: 'ExecutionRefused', code: EVIL, message: EVIL };
    Object.assign(platform.root, {
      executions: connection([evilExecution]),
      execution: evilExecution,
      approvals: connection([
        approval,
        { ...approval, id: 'b', answer: { result: 'Approved', summary: EVIL, by, at: at(1) } },
      ]),
      artifacts: connection([
        {
          id: EVIL,
          name: EVIL,
          sha256: EVIL,
          bytes: 1,
          pipelineName: EVIL,
          executionId: ID,
          stage: EVIL,
          action: EVIL,
          storedAt: at(0),
          expiredAt: null,
          expiredReason: null,
          downloadPath: null,
        },
      ]),
      tokens: connection([
        { id: EVIL, name: EVIL, role: 'viewer', createdAt: at(0), createdBy: by, expiresAt: null, revokedAt: null },
      ]),
      events: connection([
        {
          id: ID,
          position: 'log.1',
          type: EVIL,
          version: 1,
          category: EVIL,
          stream: EVIL,
          revision: 0,
          time: EVIL,
          actor: by,
          project: EVIL,
          pipelineId: null,
          executionId: null,
          commandId: ID,
          correlationId: ID,
          causationId: null,
          data: { reason: EVIL, summary: EVIL, status: EVIL },
          hash: EVIL,
        },
      ]),
      pipelines: connection([
        { id: 'p', name: EVIL, version: 1, updatedAt: at(0), deletedAt: null, latestExecution: null },
      ]),
      pipeline: {
        id: 'p',
        name: EVIL,
        version: 1,
        updatedAt: at(0),
        deletedAt: null,
        latestExecution: null,
        executionMode: 'QUEUED',
        updatedBy: by,
        definition: { name: EVIL },
        sources: [
          { actionName: EVIL, healthy: false, error: { code: EVIL, message: EVIL }, revision: null, seenAt: null },
          { actionName: EVIL, healthy: true, error: null, revision, seenAt: null },
        ],
        stages: [
          {
            name: EVIL,
            transition: { enabled: false, reason: EVIL, changedBy: by },
            inbound: [{ executionId: ID, ordinal: 3, explanation: EVIL }],
            latestExecution: null,
            actions: [
              {
                name: EVIL,
                actionTypeId: { category: 'Build', owner: 'AWS', provider: 'Commands', version: '1' },
                latestExecution: {
                  actionExecutionId: ID,
                  status: 'Failed',
                  statusSince: at(0),
                  summary: EVIL,
                  error: { code: EVIL, message: EVIL },
                  work: null,
                  token: null,
                },
                currentRevision: revision,
              },
            ],
          },
        ],
      },
      log: { text: `${EVIL}\n`, offset: 0, nextOffset: 999, end: true, closed: true },
      validatePipeline: {
        valid: false,
        violations: [{ path: EVIL, message: EVIL, code: EVIL }],
        notices: [{ path: EVIL, message: EVIL, code: null }],
      },
      startExecution: refusal,
      stopExecution: refusal,
    });
  });

  afterAll(() => platform.stop());

  const run = (argv: readonly string[]) =>
    command([...argv, '--url', platform.url, '--token', 'secret'], { isTTY: true, stdin: '{}' });

  test.each([
    ['history'],
    ['approvals'],
    ['artifact list', ID],
    ['token list'],
    ['events'],
    ['pipeline list'],
    ['pipeline get', 'shop'],
    ['pipeline validate', '-f', '-'],
    ['status', 'shop'],
    ['logs', ID, 'Build/Compile'],
    // Sentences of the platform, and lists of what there is, on the way out.
    ['start', 'shop'],
    ['stop', 'shop', ID],
    ['approve', EVIL],
    ['artifact get', ID, 'Missing'],
    ['logs', ID, 'Missing/Missing'],
  ])('%s', async (name, ...more) => {
    for (const format of [[], ['--json']]) {
      const { stdout, stderr, exitCode } = await run([...name.split(' '), ...more, ...format]);
      expect(exitCode).not.toBe(70);
      expect(withoutColours(stdout)).not.toMatch(CONTROL);
      expect(withoutColours(stderr)).not.toMatch(CONTROL);
      // It was there to be shown.
      expect(stdout + stderr).toMatch(/end|Build\/Compile/);
    }
  });

  test('a definition as YAML, which escapes controls by itself', async () => {
    const { stdout } = await run(['pipeline', 'get', 'shop', '--yaml']);
    expect(stdout).toContain('end');
    expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  const place = { stage: EVIL, action: EVIL, actionExecutionId: ID };
  const shown: readonly WatchItem[] = [
    {
      type: 'execution',
      at: at(0),
      executionId: EVIL,
      pipeline: EVIL,
      pipelineVersion: 1,
      ordinal: 1,
      status: 'InProgress',
      startedAt: at(0),
      resumed: false,
      trigger: { type: EVIL, detail: EVIL },
      startedBy: EVIL,
      summary: EVIL,
      durationMs: null,
    },
    { type: 'stage', at: at(0), stage: EVIL, number: 1, stages: 1, status: 'Failed', retries: 0, durationMs: 1 },
    {
      type: 'action',
      at: at(0),
      ...place,
      provider: EVIL,
      attempt: 2,
      status: 'Failed',
      summary: EVIL,
      error: { code: EVIL, message: EVIL },
      updatedBy: EVIL,
      externalExecutionId: EVIL,
      durationMs: 1,
      isApproval: false,
      logBytes: 0,
      past: false,
    },
    { type: 'log', ...place, attempt: 1, line: `${EVIL}\u001b[31mred` },
    { type: 'logCut', ...place, bytes: 10 },
    {
      type: 'approval',
      at: at(0),
      stage: EVIL,
      action: EVIL,
      token: EVIL,
      customData: EVIL,
      externalEntityLink: EVIL,
      summaryRequired: true,
      expiresAt: at(60),
    },
    { type: 'waiting', at: at(0), stage: EVIL, action: EVIL, cause: EVIL, explanation: EVIL },
  ];

  test('watch, whatever it tells; colours of a log stay, and end with their line', () => {
    const presenter = new WatchPresenter(styleOf(true));
    const lines = shown.flatMap((item) => presenter.present(item));
    for (const line of lines) expect(withoutColours(line)).not.toMatch(/\p{Cc}/u);
    for (const line of lines) expect(withoutColours(line)).not.toMatch(CONTROL);
    expect(lines.find((line) => line.includes('red'))).toMatch(/end\u001b\[31mred\u001b\[0m$/);
  });
});
