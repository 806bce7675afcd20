import { commands, files, git, pipeline, stage, type Declared } from './testing/declarations.js';
import { validateDeclaration } from './validate-declaration.js';

// What the model has and no execution runs yet: refused as a whole, and already checked in every part.

function findings(input: unknown) {
  const validation = validateDeclaration(input);
  const violations = validation.ok ? [] : validation.violations;
  return {
    notYet: violations.filter(({ code }) => code === 'NOT_YET_SUPPORTED').map(({ path }) => path),
    structural: violations.filter(({ code }) => code !== 'NOT_YET_SUPPORTED').map(({ path, code }) => [path, code]),
  };
}

const rule = (provider: string, configuration: Declared = {}, changes: Declared = {}): Declared => ({
  name: 'Check',
  ruleTypeId: { category: 'Rule', owner: 'AWS', provider, version: '1' },
  configuration,
  ...changes,
});
const alarm = rule('CloudWatchAlarm', { AlarmName: 'prod-5xx' });
const check = rule('VariableCheck', { Variable: '#{Src.CommitId}', Operator: 'NE', Value: 'x' });

describe('modes', () => {
  test.each(['QUEUED', 'PARALLEL'])('%s is well-formed and refused', (executionMode) => {
    expect(findings(pipeline({ executionMode }))).toEqual({ notYet: ['executionMode'], structural: [] });
  });
});

describe('conditions', () => {
  const AT = 'stages[1]';
  const gated = (gates: Declared, changes: Declared = {}) =>
    findings(
      pipeline({
        ...changes,
        stages: [stage('Source', git({ namespace: 'Src' })), { ...stage('Deploy', files()), ...gates }],
      }),
    );
  const one = (result: string | undefined, ...rules: readonly Declared[]) => ({ conditions: [{ result, rules }] });

  test.each([
    ['beforeEntry', one('FAIL', alarm)],
    ['beforeEntry', one('SKIP', check)],
    ['onSuccess', one('FAIL', alarm, alarm, alarm, alarm, alarm)],
    ['onSuccess', one('ROLLBACK', rule('Commands', {}, { commands: ['true'], inputArtifacts: [{ name: 'Tree' }] }))],
    ['onFailure', one('ROLLBACK', alarm)],
    ['onFailure', { result: 'ROLLBACK' }],
    ['onFailure', { result: 'RETRY', retryConfiguration: { retryMode: 'FAILED_ACTIONS' } }],
  ])('%s: %j is well-formed and refused', (gate, declared) => {
    expect(gated({ [gate]: declared })).toEqual({ notYet: [`${AT}.${gate}`], structural: [] });
  });

  test.each([
    ['beforeEntry', one('ROLLBACK', alarm), 'conditions[0].result'],
    ['beforeEntry', one(undefined, alarm), 'conditions[0].result'],
    ['onSuccess', one('SKIP', alarm), 'conditions[0].result'],
    ['onFailure', one('FAIL', alarm), 'conditions[0].result'],
    ['beforeEntry', one('SKIP', check, alarm), 'conditions[0].rules[1].ruleTypeId.provider'],
    ['onFailure', { result: 'FAIL' }, 'result'],
    ['onFailure', { result: 'RETRY' }, 'retryConfiguration'],
    ['onFailure', { result: 'ROLLBACK', retryConfiguration: { retryMode: 'ALL_ACTIONS' } }, 'retryConfiguration'],
    [
      'onFailure',
      { ...one('ROLLBACK', alarm), retryConfiguration: { retryMode: 'ALL_ACTIONS' } },
      'retryConfiguration',
    ],
    ['beforeEntry', one('FAIL', rule('CloudWatchAlarm')), 'conditions[0].rules[0].configuration.AlarmName'],
    [
      'beforeEntry',
      one('FAIL', rule('CloudWatchAlarm', { AlarmName: 'x', Alarm: 'y' })),
      'conditions[0].rules[0].configuration.Alarm',
    ],
    ['beforeEntry', one('FAIL', rule('Commands')), 'conditions[0].rules[0].commands'],
    ['beforeEntry', one('FAIL', { ...alarm, commands: ['x'] }), 'conditions[0].rules[0].commands'],
    ['beforeEntry', one('FAIL', rule('Oracle')), 'conditions[0].rules[0].ruleTypeId'],
  ])('%s: %j is wrong in itself', (gate, declared, path) => {
    expect(gated({ [gate]: declared }).structural).toEqual([[`${AT}.${gate}.${path}`, 'InvalidStageDeclaration']]);
  });

  test.each([
    [{}, 'onFailure'],
    [{ result: 'ROLLBACK', ...one('ROLLBACK', alarm) }, 'onFailure'],
  ])('onFailure %j', (onFailure, path) => {
    expect(gated({ onFailure }).structural).toEqual([[`${AT}.${path}`, 'InvalidStageDeclaration']]);
  });

  test.each([
    [{ conditions: [] }, 'conditions'],
    [{ conditions: [one('FAIL', alarm), one('FAIL', alarm)].flatMap(({ conditions }) => conditions) }, 'conditions'],
    [one('FAIL'), 'conditions[0].rules'],
    [one('FAIL', alarm, alarm, alarm, alarm, alarm, alarm), 'conditions[0].rules'],
    [one('FAIL', { ...alarm, timeoutInMinutes: 4 }), 'conditions[0].rules[0].timeoutInMinutes'],
    [{}, 'conditions'],
  ])('the model of a gate: %j', (beforeEntry, path) => {
    expect(gated({ beforeEntry }).structural).toEqual([[`${AT}.beforeEntry.${path}`, 'Validation']]);
  });

  test('PARALLEL has no rollback on failure, and sources are not rolled back', () => {
    expect(gated({ onFailure: { result: 'ROLLBACK' } }, { executionMode: 'PARALLEL' }).structural).toEqual([
      [`${AT}.onFailure`, 'InvalidStageDeclaration'],
    ]);
    const source = { ...stage('Source', git()), onFailure: { result: 'ROLLBACK' } };
    expect(findings(pipeline({ stages: [source, stage('Deploy', files())] })).structural).toEqual([
      ['stages[0]', 'InvalidStageDeclaration'],
    ]);
  });

  test('a rule sees what is over when it runs', () => {
    const referring = rule('VariableCheck', { Variable: '#{Here.V}', Operator: 'EQ', Value: '1' });
    const withOutput = stage(
      'Test',
      commands({ namespace: 'Here', outputVariables: ['V'], outputArtifacts: [{ name: 'Out', files: ['x'] }] }),
    );
    const at = (gate: string, declared: Declared) =>
      findings(pipeline({}, { ...withOutput, [gate]: one('FAIL', declared) })).structural;
    expect(at('onSuccess', referring)).toEqual([]);
    expect(at('beforeEntry', referring)).toEqual([
      [`${AT}.beforeEntry.conditions[0].rules[0].configuration.Variable`, 'InvalidActionDeclaration'],
    ]);
    const consuming = rule('LambdaInvoke', { FunctionName: 'f' }, { inputArtifacts: [{ name: 'Out' }] });
    expect(at('onSuccess', consuming)).toEqual([]);
    expect(at('beforeEntry', consuming)).toEqual([
      [`${AT}.beforeEntry.conditions[0].rules[0].inputArtifacts[0].name`, 'InvalidActionDeclaration'],
    ]);
  });

  test('blockers are reserved', () => {
    expect(gated({ blockers: [{ name: 'b', type: 'Schedule' }] })).toEqual({
      notYet: [`${AT}.blockers`],
      structural: [],
    });
  });
});

describe('triggers', () => {
  const AT = 'triggers[0].gitConfiguration';
  const trigger = (configuration: Declared): Declared => ({
    providerType: 'CodeStarSourceConnection',
    gitConfiguration: { sourceActionName: 'Checkout', ...configuration },
  });
  const triggered = (...configurations: readonly Declared[]) =>
    findings(pipeline({ triggers: configurations.map(trigger) }));
  const includes = (...patterns: readonly string[]) => ({ includes: patterns });

  test.each([
    [{ push: [{ tags: includes('v*') }] }],
    [{ push: [{ branches: includes('main') }] }],
    [{ push: [{ branches: { excludes: ['x'] }, filePaths: includes('svc/**') }, { tags: includes('v*') }] }],
    [{ pullRequest: [{ events: ['OPEN', 'UPDATED'], branches: includes('main') }] }],
    [{ pullRequest: [{ branches: includes('main'), filePaths: includes('x') }] }],
  ])('%j is well-formed and refused', (configuration) => {
    expect(triggered(configuration)).toEqual({ notYet: ['triggers[0]'], structural: [] });
  });

  test.each([
    [{}, ''],
    [{ push: [{}] }, '.push[0]'],
    [{ push: [{ filePaths: includes('x') }] }, '.push[0].filePaths'],
    [{ push: [{ tags: includes('x'), branches: includes('x') }] }, '.push[0]'],
    [{ push: [{ branches: {} }] }, '.push[0].branches'],
    [{ push: [{ branches: includes('x') }, { branches: includes('x') }] }, '.push[1]'],
    [{ pullRequest: [{ events: ['OPEN'] }] }, '.pullRequest[0]'],
    [{ pullRequest: [{ filePaths: includes('x') }] }, '.pullRequest[0].filePaths'],
    [{ pullRequest: [{ events: ['OPEN', 'OPEN'], branches: includes('x') }] }, '.pullRequest[0].events'],
    [{ sourceActionName: 'Nobody', push: [{ branches: includes('x') }] }, '.sourceActionName'],
  ])('%j is wrong in itself', (configuration, path) => {
    expect(triggered(configuration).structural).toEqual([[`${AT}${path}`, 'InvalidStructure']]);
  });

  test.each([
    [{ push: [] }, '.push'],
    [{ push: [1, 2, 3, 4].map((n) => ({ branches: includes(`b${n}`) })) }, '.push'],
    [{ push: [{ branches: includes() }] }, '.push[0].branches.includes'],
    [{ push: [{ branches: includes(...'123456789') }] }, '.push[0].branches.includes'],
    [{ push: [{ branches: includes('x'.repeat(256)) }] }, '.push[0].branches.includes[0]'],
    [{ pullRequest: [{ events: ['MERGED'], branches: includes('x') }] }, '.pullRequest[0].events[0]'],
  ])('the model: %j', (configuration, path) => {
    expect(triggered(configuration).structural).toEqual([[`${AT}${path}`, 'Validation']]);
  });

  test('one for a source action', () => {
    const push = [{ branches: includes('main') }];
    expect(triggered({ push }, { push }).structural).toEqual([
      ['triggers[1].gitConfiguration.sourceActionName', 'InvalidStructure'],
    ]);
  });

  test('at most 50, and 200 KiB in all', () => {
    const push = [{ branches: includes(...'12345678'.split('').map((n) => n.repeat(255))) }];
    const { structural } = findings(pipeline({ triggers: Array.from({ length: 51 }, () => trigger({ push })) }));
    expect(structural).toContainEqual(['triggers', 'Validation']);
    const pushes = [1, 2, 3].map((n) => ({
      branches: includes(...'12345678'.split('').map((m) => `${n}${m}`.repeat(127))),
      filePaths: includes(...'12345678'.split('').map((m) => `${n}${m}`.repeat(127))),
    }));
    const large = findings(pipeline({ triggers: Array.from({ length: 20 }, () => trigger({ push: pushes })) }));
    expect(large.structural).toContainEqual(['triggers', 'LimitExceeded']);
  });
});
