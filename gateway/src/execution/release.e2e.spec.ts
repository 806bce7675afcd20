import { executionReceivers } from '@millrace/execution';
import { memorySnapshots } from '@millrace/event-store';
import { parseDefinitionText, pipelineDefinitions } from '@millrace/pipeline-definition';
import { systemClock } from '@millrace/runtime';
import { gatewayHarness, type Harness } from '../testing/gateway.harness.js';
import { SHOP } from '../views/testing/shop.js';

const REFUSAL = '__typename ... on Refusal { code message }';
const CREATE = `mutation ($input: CreatePipelineInput!) { createPipeline(input: $input) { ${REFUSAL}
  ... on PipelineSaved { name pipelineId version visible position pipeline { name definition } }
  ... on PipelineInvalid { violations { path message code } } } }`;
const UPDATE = `mutation ($input: UpdatePipelineInput!) { updatePipeline(input: $input) { ${REFUSAL}
  ... on PipelineSaved { version visible } } }`;
const DELETE = `mutation ($input: DeletePipelineInput!) { deletePipeline(input: $input) { ${REFUSAL}
  ... on PipelineDeleted { name visible position } } }`;
const START = `mutation ($input: StartExecutionInput!) { startExecution(input: $input) { ${REFUSAL}
  ... on ExecutionChange { executionId visible position execution { id ordinal status startedBy { name } trigger { type detail } } } } }`;
const STOP = `mutation ($input: StopExecutionInput!) { stopExecution(input: $input) { ${REFUSAL} } }`;
const RETRY = `mutation ($input: RetryStageInput!) { retryStage(input: $input) { ${REFUSAL} } }`;
const DISABLE = `mutation ($input: DisableTransitionInput!) { disableTransition(input: $input) { ${REFUSAL}
  ... on TransitionChange { pipeline { stages { name transition { enabled reason changedBy { name } changedAt } } } } } }`;
const ENABLE = `mutation ($input: EnableTransitionInput!) { enableTransition(input: $input) { ${REFUSAL} } }`;
const LOOK = `mutation ($input: LookAtSourceInput!) { lookAtSource(input: $input) { ${REFUSAL} } }`;
const VOTE = `mutation ($input: CastVoteInput!) { castVote(input: $input) { ${REFUSAL} } }`;

/** The deciders of two services behind the gateway, over real HTTP and real engines. Nobody works: executions stay where they are. */
describe('releasing through GraphQL', () => {
  let here: Harness;
  let names = 0;

  beforeAll(async () => {
    here = await gatewayHarness({}, ({ store }) => {
      const pipelines = pipelineDefinitions({ store, clock: systemClock });
      const looks = { lookNow: () => false };
      return {
        receivers: [
          ['pipeline-definition', pipelines.receive],
          ...executionReceivers({ store, clock: systemClock, snapshots: memorySnapshots() }, looks),
        ],
        definitions: { parse: parseDefinitionText, validate: pipelines.validate },
      };
    });
  });

  afterAll(() => here.stop());

  const newName = (): string => `shop-${(names += 1)}`;

  async function ask(query: string, variables: object = {}): Promise<Record<string, unknown>> {
    const { data, errors } = await here.graphql(query, variables);
    expect(errors).toBeUndefined();
    return data as unknown as Record<string, unknown>;
  }

  /** The only root field's answer to a mutation. */
  async function want(mutation: string, input: object): Promise<Record<string, unknown>> {
    return Object.values(await ask(mutation, { input }))[0] as Record<string, unknown>;
  }

  async function created(): Promise<string> {
    const name = newName();
    expect(await want(CREATE, { definition: { ...SHOP, name } })).toMatchObject({ __typename: 'PipelineSaved' });
    return name;
  }

  async function next<T>(source: AsyncIterableIterator<unknown>): Promise<T> {
    const { value } = (await source.next()) as { value: { data?: T; errors?: unknown } };
    expect(value.errors).toBeUndefined();
    return value.data as T;
  }

  describe('a definition', () => {
    test('is created, and the very next query sees it', async () => {
      const name = newName();
      const answer = await want(CREATE, {
        definition: { pipeline: { ...SHOP, name } },
        tags: [{ key: 'a', value: 'b' }],
      });
      expect(answer).toMatchObject({ name, version: 1, visible: true, pipeline: { definition: { name } } });
      const { pipeline } = await ask(
        `query ($name: String!) { pipeline(name: $name) { id version tags { key value } stages { name actions { name } } latestExecution { id } } }`,
        { name },
      );
      expect(pipeline).toMatchObject({
        id: answer['pipelineId'],
        version: 1,
        tags: [{ key: 'a', value: 'b' }],
        latestExecution: null,
        stages: SHOP.stages.map((stage) => ({ name: stage.name, actions: [{ name: stage.actions[0]?.name }] })),
      });
    });

    test('is the same pipeline when the request is repeated, and another one’s name otherwise', async () => {
      const name = newName();
      const input = { definition: { ...SHOP, name }, clientToken: 'once' };
      const first = await want(CREATE, input);
      expect(await want(CREATE, input)).toMatchObject({ pipelineId: first['pipelineId'], position: first['position'] });
      expect(await want(CREATE, { ...input, clientToken: 'twice' })).toMatchObject({
        __typename: 'PipelineRefused',
        code: 'PIPELINE_NAME_IN_USE',
      });
    });

    test('of 500 KiB arrives, however it is sent: its own rules judge it', async () => {
      const definition = { ...SHOP, name: newName(), metadata: 'x'.repeat(500 * 1024) };
      const refused = { __typename: 'PipelineInvalid', violations: [{ path: 'metadata', code: 'Validation' }] };
      expect(await want(CREATE, { definition })).toMatchObject(refused);
      expect(await want(CREATE, { text: JSON.stringify(definition) })).toMatchObject(refused);
      // Nothing but quotes: the worst that JSON makes of a text.
      const quotes = `{"metadata":"${'\\"'.repeat(249 * 1024)}"}`;
      expect(await want(CREATE, { text: quotes })).toMatchObject({ __typename: 'PipelineInvalid' });
      const tooLong = { ...definition, metadata: 'x'.repeat(600 * 1024) };
      expect(await want(CREATE, { text: JSON.stringify(tooLong) })).toMatchObject({
        __typename: 'PipelineInvalid',
        violations: [{ path: '', code: 'LimitExceeded' }],
      });
    });

    test('may be YAML; what can’t be read says where', async () => {
      const name = newName();
      const { stages, ...rest } = SHOP;
      const lines = Object.entries({ ...rest, name }).map(([key, value]) => `${key}: ${String(value)}`);
      const text = ['# Source to Deploy', ...lines, `stages: ${JSON.stringify(stages)}`].join('\n');
      expect(await want(CREATE, { text })).toMatchObject({ name, version: 1 });
      expect(await want(CREATE, { text: 'name: [' })).toMatchObject({
        __typename: 'PipelineInvalid',
        code: 'UNREADABLE_DEFINITION',
        message: expect.stringMatching(/^Line \d+, column \d+/),
      });
    });

    test('that breaks rules is refused with all of them, each with its path; validating says the same', async () => {
      const definition = { ...SHOP, name: 'x'.repeat(101), stages: SHOP.stages.slice(1), nonsense: 1 };
      const answer = (await want(CREATE, { definition })) as { violations: { path: string }[]; code: string };
      expect(answer.code).toBe('INVALID_DEFINITION');
      const paths = answer.violations.map(({ path }) => path);
      expect(paths).toEqual(expect.arrayContaining(['name', 'nonsense']));
      const { validatePipeline } = await ask(
        'query ($definition: JSON) { validatePipeline(definition: $definition) { valid violations { path } } }',
        { definition },
      );
      expect(validatePipeline).toEqual({ valid: false, violations: paths.map((path) => ({ path })) });
    });

    test('is updated to the next version, and each version can be read', async () => {
      const name = await created();
      const definition = { ...SHOP, name, stages: SHOP.stages.slice(0, 2) };
      expect(await want(UPDATE, { definition, expectedVersion: 1 })).toMatchObject({ version: 2, visible: true });
      expect(await want(UPDATE, { definition: { ...SHOP, name }, expectedVersion: 1 })).toMatchObject({
        code: 'VERSION_CONFLICT',
      });
      const { pipeline } = await ask(
        `query ($name: String!) { pipeline(name: $name) { version definition atVersion(version: 1) { definition createdBy { name } }
           missing: atVersion(version: 9) { version } versions(first: 1) { nodes { version } pageInfo { hasNextPage } } } }`,
        { name },
      );
      expect(pipeline).toMatchObject({
        version: 2,
        definition,
        atVersion: { definition: { ...SHOP, name } },
        missing: null,
        versions: { nodes: [{ version: 2 }], pageInfo: { hasNextPage: true } },
      });
    });

    test('is deleted; deleting it again changes nothing', async () => {
      const name = await created();
      expect(await want(DELETE, { name })).toMatchObject({ __typename: 'PipelineDeleted', visible: true });
      expect(await ask('query ($name: String!) { pipeline(name: $name) { id } }', { name })).toEqual({
        pipeline: null,
      });
      expect(await want(DELETE, { name })).toMatchObject({ __typename: 'PipelineDeleted', position: null });
      const { pipelines } = await ask('{ pipelines(deleted: true, first: 1) { nodes { name deletedAt } } }');
      expect(pipelines).toMatchObject({ nodes: [{ name, deletedAt: expect.any(String) }] });
    });
  });

  describe('an execution', () => {
    test('is started once for one token, and shows who did it and why', async () => {
      const pipeline = await created();
      const first = await want(START, { pipeline, clientToken: 'one' });
      expect(first).toMatchObject({
        visible: true,
        execution: { ordinal: 1, status: 'InProgress', trigger: { type: 'StartPipelineExecution' } },
      });
      expect(await want(START, { pipeline, clientToken: 'one' })).toMatchObject({ executionId: first['executionId'] });
      const second = await want(START, { pipeline });
      expect(second['executionId']).not.toBe(first['executionId']);
      const { executions } = await ask(
        `query ($pipeline: String!, $minPosition: Position) { executions(pipeline: $pipeline, minPosition: $minPosition) {
           nodes { id ordinal waiting { stage cause behind behindOrdinal explanation } stages { name status } } } }`,
        { pipeline, minPosition: second['position'] },
      );
      expect(executions).toMatchObject({
        nodes: [
          {
            id: second['executionId'],
            ordinal: 2,
            waiting: {
              stage: 'Source',
              cause: 'LOCKED',
              behind: first['executionId'],
              behindOrdinal: 1,
              explanation: `Waits before Source: execution ${String(first['executionId'])} is inside.`,
            },
          },
          { id: first['executionId'], ordinal: 1, waiting: null },
        ],
      });
    });

    test('waits before a closed door, which says who closed it and why', async () => {
      const pipeline = await created();
      const closed = await want(DISABLE, { pipeline, stage: 'Source', reason: 'freeze' });
      const { stages } = closed['pipeline'] as { stages: readonly object[] };
      expect(stages[0]).toMatchObject({
        transition: { enabled: false, reason: 'freeze', changedBy: { name: expect.any(String) } },
      });
      const { executionId } = await want(START, { pipeline });
      const state = `query ($pipeline: String!) { pipeline(name: $pipeline) { stages { inbound { executionId cause } latestExecution { executionId status } } } }`;
      expect(await ask(state, { pipeline })).toMatchObject({
        pipeline: {
          stages: [{ inbound: [{ executionId, cause: 'TRANSITION_DISABLED' }], latestExecution: null }, {}, {}],
        },
      });
      expect(await want(ENABLE, { pipeline, stage: 'Source' })).toMatchObject({ __typename: 'TransitionChange' });
      expect(await ask(state, { pipeline })).toMatchObject({
        pipeline: { stages: [{ inbound: [], latestExecution: { executionId, status: 'InProgress' } }, {}, {}] },
      });
    });

    test('refusals are answers, each with its code', async () => {
      const pipeline = await created();
      const nobody = '99999999-9999-4999-8999-999999999999';
      const { executionId } = await want(START, { pipeline });
      expect(await want(START, { pipeline: 'nothing' })).toMatchObject({ code: 'PIPELINE_NOT_FOUND' });
      expect(await want(STOP, { executionId: nobody })).toMatchObject({ code: 'EXECUTION_NOT_FOUND' });
      expect(await want(RETRY, { pipeline, executionId, stage: 'Deploy' })).toMatchObject({
        code: 'STAGE_NOT_RETRYABLE',
      });
      expect(await want(DISABLE, { pipeline, stage: 'Nowhere', reason: 'x' })).toMatchObject({
        code: 'STAGE_NOT_FOUND',
      });
      expect(await want(LOOK, { pipeline: 'nothing' })).toMatchObject({ code: 'SOURCE_NOT_FOUND' });
      expect(await want(VOTE, { executionId, stage: 'Approve', action: 'Gate', result: 'Approved' })).toMatchObject({
        code: 'APPROVAL_NOT_FOUND',
      });
    });
  });

  describe('watching', () => {
    test('a pipeline’s state comes first, then what changes it', async () => {
      const pipeline = await created();
      const changes = here.socket().iterate({
        query: 'subscription ($pipeline: String!) { pipelineChanged(name: $pipeline) { latestExecution { id } } }',
        variables: { pipeline },
      });
      expect(await next(changes)).toEqual({ pipelineChanged: { latestExecution: null } });
      const { executionId } = await want(START, { pipeline });
      expect(await next(changes)).toEqual({ pipelineChanged: { latestExecution: { id: executionId } } });
      await changes.return?.();
    });

    test('a pipeline that is not there yet is null until it is', async () => {
      const name = newName();
      const changes = here.socket().iterate({
        query: 'subscription ($name: String!) { pipelineChanged(name: $name) { name } }',
        variables: { name },
      });
      expect(await next(changes)).toEqual({ pipelineChanged: null });
      await want(CREATE, { definition: { ...SHOP, name } });
      expect(await next(changes)).toEqual({ pipelineChanged: { name } });
      await changes.return?.();
    });

    test('events go on behind a position, without gap or repeat, and are found again in the log', async () => {
      const pipeline = await created();
      const start = await want(START, { pipeline });
      const list = `query ($filter: EventFilter, $after: Position) { events(after: $after, filter: $filter, first: 500) {
        nodes { position type executionId actor { kind } } pageInfo { hasNextPage endCursor } } }`;
      const { events } = await ask(list, { filter: { pipeline }, after: await firstPosition() });
      const { nodes } = events as { nodes: { type: string; position: string }[] };
      expect(nodes.map(({ type }) => type)).toEqual(['PipelineCreated', 'ExecutionAdmitted', 'StageEntered']);
      const live = here.socket().iterate({
        query: `subscription ($after: Position, $filter: EventFilter) { eventAppended(after: $after, filter: $filter) { position type } }`,
        variables: { after: nodes[0]?.position, filter: { executionId: start['executionId'] } },
      });
      const pick = ({ position, type }: { type: string; position: string }) => ({ position, type });
      expect(await next(live)).toEqual({ eventAppended: nodes[1] && pick(nodes[1]) });
      expect(await next(live)).toEqual({ eventAppended: nodes[2] && pick(nodes[2]) });
      await live.return?.();
    });

    async function firstPosition(): Promise<string> {
      const { platform } = await ask('{ platform { logId } }');
      return `${(platform as { logId: string }).logId}.0`;
    }
  });

  test('the platform says how far everything has come; a view can be folded again', async () => {
    const pipeline = await created();
    const { platform } = await ask(
      '{ platform { version head projections { name lag stoppedBy } disk { freeBytes } runners { id } jobsOffered } }',
    );
    expect(platform).toMatchObject({ head: expect.stringContaining('.'), disk: { freeBytes: expect.any(Number) } });
    const rebuild = `mutation ($input: RebuildProjectionInput!) { rebuildProjection(input: $input) { ${REFUSAL} ... on ProjectionRebuilt { documents } } }`;
    expect(await want(rebuild, { name: 'pipeline-definition.pipelines.v1' })).toMatchObject({
      documents: expect.any(Number),
    });
    expect(await want(rebuild, { name: 'nothing.v1' })).toMatchObject({ code: 'PROJECTION_NOT_FOUND' });
    expect(await ask('query ($name: String!) { pipeline(name: $name) { name } }', { name: pipeline })).toEqual({
      pipeline: { name: pipeline },
    });
  });

  const long = 'n'.repeat(101);
  test.each([
    ['a long name', '{ pipeline(name: "' + long + '") { id } }', {}, 'name'],
    ['neither name nor id', '{ pipeline { id } }', {}, 'name'],
    ['an id that is none', '{ execution(id: "../x") { id } }', {}, 'id'],
    ['a page too large', '{ executions(first: 101) { nodes { id } } }', {}, 'first'],
    ['a page of nothing', '{ executions(first: 0) { nodes { id } } }', {}, 'first'],
    ['a cursor that is none', '{ executions(after: "x") { nodes { id } } }', {}, 'after'],
    ['a position that is none', '{ executions(minPosition: "x") { nodes { id } } }', {}, ''],
    ['both ends of the log', '{ events(after: "a.1", before: "a.2") { nodes { id } } }', {}, 'after'],
    ['a log that is a path', '{ log(executionId: "..", actionExecutionId: "..") { text } }', {}, 'executionId'],
    ['no definition', CREATE, { input: {} }, 'definition'],
    ['two definitions', CREATE, { input: { definition: {}, text: '' } }, 'definition'],
    ['a long pipeline name', START, { input: { pipeline: long } }, 'input.pipeline'],
    ['a client token with blanks', START, { input: { pipeline: 'a', clientToken: ' ' } }, 'input.clientToken'],
    [
      '51 variables',
      START,
      { input: { pipeline: 'a', variables: Array(51).fill({ name: 'a', value: 'b' }) } },
      'variables',
    ],
    [
      'a revision that is an option',
      START,
      { input: { pipeline: 'a', sourceRevisions: [{ actionName: 'a', revisionValue: '--x' }] } },
      'revisionValue',
    ],
    [
      'a long reason',
      STOP,
      { input: { executionId: '99999999-9999-4999-8999-999999999999', reason: 'r'.repeat(201) } },
      'input.reason',
    ],
    ['a reason of blanks', DISABLE, { input: { pipeline: 'a', stage: 'b', reason: '  ' } }, 'input.reason'],
    ['a vote on nothing', VOTE, { input: { result: 'Approved' } }, 'token'],
    ['a wrong type', START, { input: { pipeline: 1 } }, 'pipeline'],
    ['a member too many', START, { input: { pipeline: 'a', more: 1 } }, 'more'],
    ['a status that is none', '{ executions(status: Nothing) { nodes { id } } }', {}, 'Nothing'],
  ])('%s is refused by name', async (_what, query, variables, member) => {
    const before = await here.store.head();
    const { errors, status, text } = await here.graphql(query, variables);
    expect(status).toBeLessThan(500);
    expect(errors?.[0]?.extensions.code).toMatch(/^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED)$/);
    expect(errors?.[0]?.message).toContain(member);
    expect(text).not.toMatch(/\\n\s+at |node_modules|\.ts:/);
    expect(await here.store.head()).toEqual(before);
  });

  test('deep JSON and keys that are prototypes end nothing', async () => {
    const deep = JSON.parse('['.repeat(60) + ']'.repeat(60)) as unknown;
    const { errors } = await here.graphql(CREATE, { input: { definition: deep } });
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    const literal =
      'mutation { createPipeline(input: { definition: { __proto__: { polluted: true }, name: "x" } }) { ... on Refusal { code } ... on PipelineInvalid { violations { message } } } }';
    const { createPipeline } = await ask(literal);
    expect(createPipeline).toMatchObject({ code: 'INVALID_DEFINITION' });
    expect(JSON.stringify(createPipeline)).toContain('__proto__');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
