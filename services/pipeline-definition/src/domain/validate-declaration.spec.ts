import { approval, buildspec, commands, files, git, pipeline, stage, type Declared } from './testing/declarations.js';
import { validateDeclaration } from './validate-declaration.js';
import type { ViolationCode } from './violation.js';

function accepted(input: unknown) {
  const validation = validateDeclaration(input);
  if (!validation.ok) throw new Error(JSON.stringify(validation.violations, null, 2));
  return validation;
}

/** Path and code of everything found, in order. */
function found(input: unknown): readonly (readonly [string, ViolationCode])[] {
  const validation = validateDeclaration(input);
  return validation.ok ? [] : validation.violations.map(({ path, code }) => [path, code] as const);
}

function messages(input: unknown): string {
  const validation = validateDeclaration(input);
  return validation.ok ? '' : validation.violations.map(({ message }) => message).join('\n');
}

/** Findings of features that the model has and no execution runs yet. */
function structural(input: unknown) {
  return found(input).filter(([, code]) => code !== 'NOT_YET_SUPPORTED');
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('what is accepted', () => {
  test('is normalised: runOrder, configuration, artifacts, mode and type filled in, version and __type left out', () => {
    const declared = pipeline(
      { version: 7 },
      stage(
        'Deploy',
        files({
          actionTypeId: {
            category: 'Deploy',
            owner: 'Millrace',
            provider: 'Files',
            version: '1',
            __type: 'ActionTypeId',
          },
        }),
        approval(),
      ),
    );
    expect(accepted(declared).declaration).toEqual({
      name: 'shop',
      stages: [
        {
          name: 'Source',
          actions: [
            {
              name: 'Checkout',
              actionTypeId: { category: 'Source', owner: 'Millrace', provider: 'Git', version: '1' },
              runOrder: 1,
              configuration: { RepositoryUrl: '/srv/git/shop.git' },
              inputArtifacts: [],
              outputArtifacts: [{ name: 'Tree' }],
            },
          ],
        },
        {
          name: 'Deploy',
          actions: [
            {
              name: 'Release',
              actionTypeId: { category: 'Deploy', owner: 'Millrace', provider: 'Files', version: '1' },
              runOrder: 1,
              configuration: { TargetDirectory: '/srv/shop' },
              inputArtifacts: [{ name: 'Tree' }],
              outputArtifacts: [],
            },
            {
              name: 'Approve',
              actionTypeId: { category: 'Approval', owner: 'AWS', provider: 'Manual', version: '1' },
              runOrder: 1,
              configuration: {},
              inputArtifacts: [],
              outputArtifacts: [],
            },
          ],
        },
      ],
      executionMode: 'SUPERSEDED',
      pipelineType: 'V1',
    });
  });

  test.each([
    ['the bare declaration', (declared: Declared) => declared],
    ['{ pipeline }', (declared: Declared) => ({ pipeline: declared })],
    [
      'what get-pipeline prints',
      (declared: Declared) => ({ pipeline: declared, metadata: { pipelineArn: 'x', created: 1 } }),
    ],
  ])('%s', (_name, wrap) => {
    expect(accepted(wrap(pipeline())).declaration.name).toBe('shop');
  });

  test('a member that is null counts as absent, as in an empty YAML entry', () => {
    expect(accepted(pipeline({ variables: null, roleArn: null })).declaration).not.toHaveProperty('variables');
  });

  test('no variables and an empty list of them stay distinct', () => {
    expect(accepted(pipeline({ variables: [] })).declaration.variables).toEqual([]);
    expect(accepted(pipeline()).declaration).not.toHaveProperty('variables');
  });

  test.each([
    ['variables', pipeline({ variables: [{ name: 'X', defaultValue: '1' }] })],
    ['a Commands action', pipeline({}, stage('Test', commands()))],
  ])('the type is V2 where %s need it and no type is given', (_name, declared) => {
    expect(accepted(declared).declaration.pipelineType).toBe('V2');
  });

  test('says what is kept without effect', () => {
    const { notices, declaration } = accepted(
      pipeline(
        {
          roleArn: 'arn:aws:iam::111122223333:role/cp',
          artifactStore: { type: 'S3', location: 'bucket', encryptionKey: { id: 'k', type: 'KMS' } },
        },
        stage(
          'Test',
          commands({
            region: 'eu-west-1',
            roleArn: 'arn:aws:iam::111122223333:role/cp',
            configuration: { ComputeType: 'BUILD_GENERAL1_SMALL' },
          }),
        ),
      ),
    );
    expect(notices.map(({ path, code }) => [path, code])).toEqual([
      ['roleArn', 'KEPT_WITHOUT_EFFECT'],
      ['artifactStore', 'KEPT_WITHOUT_EFFECT'],
      ['stages[1].actions[0].roleArn', 'KEPT_WITHOUT_EFFECT'],
      ['stages[1].actions[0].region', 'KEPT_WITHOUT_EFFECT'],
      ['stages[1].actions[0].configuration.ComputeType', 'KEPT_WITHOUT_EFFECT'],
    ]);
    expect(declaration.artifactStore).toEqual({
      type: 'S3',
      location: 'bucket',
      encryptionKey: { id: 'k', type: 'KMS' },
    });
    expect(declaration.stages[1]?.actions[0]?.region).toBe('eu-west-1');
  });

  test.each(['#{Src.CommitID}', '#{codepipeline.ExecutionId}', '#{Unit.VERSION}'])(
    'says that %s will not be found',
    (text) => {
      const { notices } = accepted(
        pipeline({
          stages: [
            stage('Source', git({ namespace: 'Src' })),
            stage('Test', commands({ namespace: 'Unit', outputVariables: ['APP'] })),
            stage('Go', approval({ configuration: { CustomData: text } })),
          ],
        }),
      );
      expect(notices).toMatchObject([
        { path: 'stages[2].actions[0].configuration.CustomData', code: 'UNKNOWN_VARIABLE' },
      ]);
    },
  );
});

describe('the model', () => {
  test.each([undefined, null, 1, 'x', true, [], [pipeline()]])('%p is no definition', (input) => {
    expect(found(input)).toEqual([['', 'Validation']]);
  });

  test('reports every missing member at once', () => {
    expect(found({})).toEqual([
      ['name', 'Validation'],
      ['stages', 'Validation'],
    ]);
    expect(found({ pipeline: null })).toEqual([['pipeline', 'Validation']]);
    expect(found(pipeline({}, { name: 'Deploy' }))).toContainEqual(['stages[1].actions', 'Validation']);
  });

  test('refuses unknown members and names the nearest known one', () => {
    expect(found(pipeline({ stage: [] }))).toEqual([['stage', 'Validation']]);
    expect(messages(pipeline({ Stages: [] }))).toContain("Did you mean 'stages'?");
    expect(messages(pipeline({}, stage('Deploy', files({ runorder: 1 }))))).toContain("Did you mean 'runOrder'?");
    expect(found({ pipeline: pipeline(), tags: [] })).toEqual([['tags', 'Validation']]);
  });

  test.each([
    [{ name: 'a'.repeat(100) }, []],
    [{ name: 'a'.repeat(101) }, [['name', 'Validation']]],
    [{ name: '' }, [['name', 'Validation']]],
    [{ name: 'a b' }, [['name', 'Validation']]],
    [{ name: 'a\n' }, [['name', 'Validation']]],
    [{ name: 'Aa0.@-_' }, []],
    [{ name: 7 }, [['name', 'Validation']]],
    [{ roleArn: 'nobody' }, [['roleArn', 'Validation']]],
    [{ executionMode: 'FAST' }, [['executionMode', 'Validation']]],
    [{ pipelineType: 'V3' }, [['pipelineType', 'Validation']]],
    [{ version: '1' }, [['version', 'Validation']]],
    [{ stages: {} }, [['stages', 'Validation']]],
    [
      { artifactStore: { type: 'DISK', location: 'ab' } },
      [
        ['artifactStore.type', 'Validation'],
        ['artifactStore.location', 'Validation'],
      ],
    ],
    [
      { artifactStore: { type: 'S3', location: 'abc', encryptionKey: { type: 'KMS' } } },
      [['artifactStore.encryptionKey.id', 'Validation']],
    ],
    [{ variables: [{ name: 'x', defaultValue: '' }] }, [['variables[0].defaultValue', 'Validation']]],
    [{ variables: [{ name: 'x', description: '' }] }, []],
    [{ variables: [{ name: 'x', description: 'd'.repeat(201) }] }, [['variables[0].description', 'Validation']]],
    [{ variables: [{ name: 'x'.repeat(129) }] }, [['variables[0].name', 'Validation']]],
    [{ variables: [null] }, [['variables[0]', 'Validation']]],
    [{ variables: times(50, (index) => ({ name: `v${index}` })) }, []],
    [{ variables: times(51, (index) => ({ name: `v${index}` })) }, [['variables', 'Validation']]],
  ])('%j', (changes, expected) => {
    expect(found(pipeline(changes as Declared))).toEqual(expected);
  });

  test.each([
    [{ runOrder: 0 }, 'runOrder'],
    [{ runOrder: 1000 }, 'runOrder'],
    [{ runOrder: 1.5 }, 'runOrder'],
    [{ runOrder: '1' }, 'runOrder'],
    [{ configuration: [] }, 'configuration'],
    [{ commands: [''] }, 'commands[0]'],
    [{ commands: ['a\nb'] }, 'commands[0]'],
    [{ commands: ['x'.repeat(1001)] }, 'commands[0]'],
    [{ commands: times(51, () => 'x') }, 'commands'],
    [{ environmentVariables: [] }, 'environmentVariables'],
    [{ environmentVariables: times(11, (index) => ({ name: `V${index}`, value: 'x' })) }, 'environmentVariables'],
    [{ environmentVariables: [{ name: 'A-B', value: 'x' }] }, 'environmentVariables[0].name'],
    [{ environmentVariables: [{ name: 'A', value: '' }] }, 'environmentVariables[0].value'],
    [{ outputVariables: times(16, (index) => `V${index}`) }, 'outputVariables'],
    [{ outputArtifacts: [{ name: 'a.b', files: ['x'] }] }, 'outputArtifacts[0].name'],
    [{ outputArtifacts: [{ name: 'a', files: [] }] }, 'outputArtifacts[0].files'],
    [{ outputArtifacts: [{ name: 'a', files: times(11, () => 'x') }] }, 'outputArtifacts[0].files'],
    [{ outputArtifacts: [{ name: 'a', files: ['x'.repeat(129)] }] }, 'outputArtifacts[0].files[0]'],
    [{ namespace: 'a.b' }, 'namespace'],
    [{ region: 'eu' }, 'region'],
  ])('an action with %j', (changes, member) => {
    expect(found(pipeline({}, stage('Test', commands(changes))))).toEqual([
      [`stages[1].actions[0].${member}`, 'Validation'],
    ]);
  });

  test.each([1, 999])('runOrder %d is allowed', (runOrder) => {
    accepted(pipeline({}, stage('Deploy', files({ runOrder }))));
  });

  test('values of a configuration are text, and the message says how', () => {
    const declared = pipeline(
      {},
      stage('Deploy', files({ configuration: { TargetDirectory: '/x', KeepReleases: 5 } })),
    );
    expect(found(declared)).toEqual([['stages[1].actions[0].configuration.KeepReleases', 'Validation']]);
    expect(messages(declared)).toBe('Must be text, not a number; put it in quotes.');
  });

  test.each(['__proto__', 'constructor', 'prototype'])('a member called %s is refused and changes nothing', (key) => {
    const text = JSON.stringify(pipeline()).replace('"RepositoryUrl"', `"${key}":{"polluted":"yes"},"RepositoryUrl"`);
    expect(found(JSON.parse(text))).toEqual([[`stages[0].actions[0].configuration.${key}`, 'Validation']]);
    expect({}).not.toHaveProperty('polluted');
  });

  test('refuses deep nesting without recursion', () => {
    let deep: unknown = 'x';
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(found(pipeline({ stages: deep }))).toHaveLength(1);
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    expect(found(pipeline({ stages: cyclic }))).toHaveLength(1);
  });

  test('refuses more than 512 KiB and accepts as much', () => {
    const ofSize = (size: number) => pipeline({ metadata: 'x'.repeat(size) });
    const overhead = JSON.stringify(ofSize(0)).length;
    expect(found(ofSize(512 * 1024 - overhead))).toEqual([['metadata', 'Validation']]);
    expect(found(ofSize(512 * 1024 - overhead + 1))).toEqual([['', 'LimitExceeded']]);
    expect(found(pipeline({ stages: times(300_000, () => 1) }))).toEqual([['', 'LimitExceeded']]);
  });

  test('caps what it reports', () => {
    const validation = validateDeclaration(pipeline({ variables: times(1000, () => 1) }));
    expect(validation.ok || validation.violations.length).toBe(201);
    expect(messages(pipeline({ variables: times(1000, () => 1) }))).toContain('801 more violations');
  });

  test('what is not JSON is refused', () => {
    expect(found(pipeline({ name: () => 'x' }))).toEqual([['name', 'Validation']]);
    expect(found(pipeline({ version: NaN }))).toEqual([['version', 'Validation']]);
    expect(found(pipeline({ version: 10n }))).toEqual([['version', 'Validation']]);
    expect(found(pipeline({ name: new Date(0) }))).toEqual([['name', 'Validation']]);
  });
});

describe('stages', () => {
  const many = (count: number) => times(count, (index) => stage(`S${index}`, approval()));

  test('at least two', () => {
    expect(found(pipeline({ stages: [] }))).toEqual([['stages', 'InvalidStructure']]);
    expect(found(pipeline({ stages: [stage('Source', git())] }))).toContainEqual(['stages', 'InvalidStructure']);
    expect(messages(pipeline({ stages: [stage('Source', git())] }))).toContain('Pipeline has only 1 stage(s).');
  });

  test('at most 50', () => {
    accepted(pipeline({}, ...many(49)));
    expect(found(pipeline({}, ...many(50)))).toEqual([['stages', 'InvalidStructure']]);
  });

  test('1 to 50 actions each', () => {
    const actions = (count: number) => stage('Go', ...times(count, (index) => approval({ name: `A${index}` })));
    expect(found(pipeline({}, actions(0), stage('Deploy', files())))).toEqual([
      ['stages[1].actions', 'InvalidStageDeclaration'],
    ]);
    accepted(pipeline({}, actions(50)));
    expect(found(pipeline({}, actions(51)))).toEqual([['stages[1].actions', 'InvalidStageDeclaration']]);
  });

  test('at most 1000 actions in all', () => {
    const full = (name: string, count: number) =>
      stage(name, ...times(count, (index) => approval({ name: `A${index}` })));
    const stages = times(20, (index) => full(`S${index}`, index === 0 ? 49 : 50));
    accepted(pipeline({}, ...stages));
    expect(found(pipeline({}, ...stages, full('Last', 1)))).toEqual([['stages', 'LimitExceeded']]);
  });

  test('names are unique', () => {
    expect(found(pipeline({}, stage('Deploy', files()), stage('Deploy', approval())))).toEqual([
      ['stages[2].name', 'InvalidStageDeclaration'],
    ]);
  });

  test('the first holds source actions only, and no other holds one', () => {
    expect(found(pipeline({ stages: [stage('Source', git(), approval()), stage('Deploy', files())] }))).toEqual([
      ['stages[0].actions[1].actionTypeId.category', 'InvalidStructure'],
    ]);
    expect(found(pipeline({}, stage('Deploy', files(), git({ outputArtifacts: [{ name: 'Other' }] }))))).toEqual([
      ['stages[1].actions[1].actionTypeId.category', 'InvalidStructure'],
    ]);
    expect(found(pipeline({ stages: [stage('Go', approval()), stage('Go2', approval())] }))).toEqual([
      ['stages[0].actions[0].actionTypeId.category', 'InvalidStructure'],
    ]);
  });

  test('something else than sources must be there', () => {
    expect(
      found(pipeline({ stages: [stage('Source', git()), stage('More', git({ outputArtifacts: [{ name: 'B' }] }))] })),
    ).toContainEqual(['stages', 'InvalidStructure']);
  });

  test.each([
    ['variables', { variables: [{ name: 'X' }] }],
    ['executionMode', { executionMode: 'QUEUED' }],
    ['executionMode', { executionMode: 'PARALLEL' }],
  ])('V1 has no %s (%j)', (path, changes) => {
    expect(structural(pipeline({ pipelineType: 'V1', ...changes }))).toEqual([[path, 'InvalidStructure']]);
    expect(structural(pipeline({ pipelineType: 'V2', ...changes }))).toEqual([]);
  });

  test('V1 has neither gates nor triggers nor Commands', () => {
    const declared = pipeline(
      {
        pipelineType: 'V1',
        triggers: [
          {
            providerType: 'CodeStarSourceConnection',
            gitConfiguration: { sourceActionName: 'Checkout', push: [{ branches: { includes: ['x'] } }] },
          },
        ],
      },
      { ...stage('Test', commands()), onFailure: { result: 'ROLLBACK' } },
    );
    expect(structural(declared)).toEqual([
      ['triggers', 'InvalidStructure'],
      ['stages[1]', 'InvalidStageDeclaration'],
      ['stages[1].actions[0].actionTypeId', 'InvalidActionDeclaration'],
    ]);
  });
});

describe('actions', () => {
  const act = (action: Declared) => pipeline({}, stage('Act', action));
  const type = (category: string, owner: string, provider: string, version = '1') => ({
    actionTypeId: { category, owner, provider, version },
  });
  const AT = 'stages[1].actions[0]';

  test('names are unique in the stage, and may repeat in another', () => {
    expect(found(pipeline({}, stage('Go', approval(), approval())))).toEqual([
      ['stages[1].actions[1].name', 'InvalidActionDeclaration'],
    ]);
    accepted(pipeline({}, stage('Go', approval()), stage('Go2', approval())));
  });

  test("AWS's types that are not here are told from slips", () => {
    expect(messages(act(files(type('Deploy', 'AWS', 'S3'))))).toContain(
      'exists in AWS CodePipeline but not in this installation. Use Deploy/Millrace/Files/1',
    );
    expect(messages(act(files(type('Build', 'AWS', 'CodeBuild'))))).toContain('Use Build/Millrace/Buildspec/1');
    expect(messages(act(files(type('Deploy', 'Millrace', 'Filse'))))).toContain(
      "Did you mean 'Deploy/Millrace/Files/1'?",
    );
    expect(messages(act(files(type('Deploy', 'AWS', 'Files'))))).toContain('Did you mean Deploy/Millrace/Files/1?');
    expect(found(act(files(type('Deploy', 'Millrace', 'Files', '2'))))).toEqual([
      [`${AT}.actionTypeId`, 'InvalidActionDeclaration'],
    ]);
  });

  test.each([
    type('Build', 'Custom', 'Jenkins'),
    type('Deploy', 'ThirdParty', 'XebiaLabs'),
    type('Build', 'Millrace', 'Container'),
    type('Deploy', 'Millrace', 'Ssh'),
    type('Invoke', 'Millrace', 'Http'),
  ])('%j comes later', (changes) => {
    expect(found(act(files(changes)))).toEqual([[`${AT}.actionTypeId`, 'NOT_YET_SUPPORTED']]);
  });

  test('a type of V2 in a V1 pipeline', () => {
    expect(found(pipeline({ pipelineType: 'V1' }, stage('Act', files(type('Deploy', 'AWS', 'EKS')))))).toEqual([
      [`${AT}.actionTypeId`, 'InvalidActionDeclaration'],
      [`${AT}.actionTypeId`, 'InvalidActionDeclaration'],
    ]);
  });

  test('members that only some types have', () => {
    expect(
      found(
        act(
          files({
            commands: ['x'],
            environmentVariables: [{ name: 'A', value: 'b' }],
            outputVariables: ['A'],
            timeoutInMinutes: 5,
          }),
        ),
      ),
    ).toEqual([
      [`${AT}.commands`, 'InvalidActionDeclaration'],
      [`${AT}.environmentVariables`, 'InvalidActionDeclaration'],
      [`${AT}.outputVariables`, 'InvalidActionDeclaration'],
      [`${AT}.timeoutInMinutes`, 'InvalidActionDeclaration'],
    ]);
    expect(found(act(buildspec({ outputArtifacts: [{ name: 'B', files: ['x'] }] })))).toEqual([
      [`${AT}.outputArtifacts[0].files`, 'InvalidActionDeclaration'],
    ]);
    accepted(act(commands({ outputArtifacts: [{ name: 'B', files: ['x'] }] })));
  });

  test.each([
    [4, 'Validation'],
    [86_401, 'Validation'],
  ])('an approval with the time-out %d', (timeoutInMinutes, code) => {
    expect(found(act(approval({ timeoutInMinutes })))).toEqual([[`${AT}.timeoutInMinutes`, code]]);
  });

  test.each([5, 86_400])('an approval may have the time-out %d', (timeoutInMinutes) => {
    accepted(act(approval({ timeoutInMinutes })));
  });

  test.each([[{ commands: [] }], [{ commands: undefined }]])('a Commands action needs commands (%j)', (changes) => {
    expect(found(act(commands(changes)))).toEqual([[`${AT}.commands`, 'InvalidActionDeclaration']]);
  });

  test('a role is for the owner AWS', () => {
    const roleArn = 'arn:aws:iam::111122223333:role/x';
    accepted(act(approval({ roleArn })));
    expect(found(act(files({ roleArn })))).toEqual([[`${AT}.roleArn`, 'InvalidActionDeclaration']]);
  });

  test('a secret as an environment variable comes later', () => {
    expect(
      found(act(commands({ environmentVariables: [{ name: 'A', value: 'b', type: 'SECRETS_MANAGER' }] }))),
    ).toEqual([[`${AT}.environmentVariables[0].type`, 'NOT_YET_SUPPORTED']]);
  });
});

describe('configuration', () => {
  const AT = 'stages[1].actions[0].configuration';
  const withFiles = (configuration: Declared) => pipeline({}, stage('Deploy', files({ configuration })));
  const withBuild = (configuration: Declared, changes: Declared = {}) =>
    pipeline({}, stage('Build', buildspec({ configuration, ...changes })));

  test('required keys', () => {
    expect(found(withFiles({}))).toEqual([[`${AT}.TargetDirectory`, 'InvalidActionDeclaration']]);
    expect(messages(withFiles({}))).toBe(
      "Action configuration for action 'Release' is missing required configuration 'TargetDirectory'.",
    );
    expect(
      found(pipeline({ stages: [stage('Source', git({ configuration: {} })), stage('Deploy', files())] })),
    ).toEqual([['stages[0].actions[0].configuration.RepositoryUrl', 'InvalidActionDeclaration']]);
  });

  test('unknown keys', () => {
    expect(found(withFiles({ TargetDirectory: '/x', targetdirectory: '/y' }))).toEqual([
      [`${AT}.targetdirectory`, 'InvalidActionDeclaration'],
    ]);
    expect(messages(withFiles({ TargetDirectory: '/x', Target: '/y' }))).toContain('Known are: TargetDirectory,');
    expect(found(withFiles({ TargetDirectory: '/x', 'a b"': 'y' }))).toEqual([
      [`${AT}["a b\\""]`, 'InvalidActionDeclaration'],
    ]);
    expect(found(withFiles({ TargetDirectory: '/x', toString: 'y' }))).toEqual([
      [`${AT}.toString`, 'InvalidActionDeclaration'],
    ]);
  });

  test.each([
    [{ KeepReleases: '1' }, true],
    [{ KeepReleases: '100' }, true],
    [{ KeepReleases: '0' }, false],
    [{ KeepReleases: '101' }, false],
    [{ KeepReleases: '1.5' }, false],
    [{ KeepReleases: '1e2' }, false],
    [{ KeepReleases: 'five' }, false],
    [{ KeepReleases: '#{variables.KEEP}' }, true],
    [{ Extract: 'true' }, true],
    [{ Extract: 'yes' }, false],
    [{ AppSpec: '../appspec.yml' }, false],
    [{ Labels: 'linux,web-1' }, true],
    [{ Labels: 'linux, web' }, false],
  ])('values of ours are checked: %j', (configuration, ok) => {
    const declared = { ...withFiles({ TargetDirectory: '/x', ...configuration }), variables: [{ name: 'KEEP' }] };
    expect(found(declared)).toEqual(ok ? [] : [[`${AT}.${Object.keys(configuration)[0]}`, 'InvalidActionDeclaration']]);
  });

  test('a value is never repeated in a message', () => {
    const declared = pipeline({
      stages: [
        stage('Source', git({ configuration: { RepositoryUrl: 'https://user:s3cr3t@host/x' } })),
        stage('Deploy', files()),
      ],
    });
    expect(messages(declared)).toContain("'RepositoryUrl' must be");
    expect(messages(declared)).not.toContain('s3cr3t');
  });

  test("values of CodePipeline's are not", () => {
    accepted(pipeline({}, stage('Go', approval({ configuration: { IsSummaryRequired: 'maybe' } }))));
  });

  test('the primary source is one of several inputs', () => {
    const sources = stage('Source', git(), git({ name: 'Other', outputArtifacts: [{ name: 'More' }] }));
    const declared = (configuration: Declared) =>
      pipeline({
        stages: [
          sources,
          stage('Build', buildspec({ configuration, inputArtifacts: [{ name: 'Tree' }, { name: 'More' }] })),
        ],
      });
    expect(found(declared({}))).toEqual([[`${AT}.PrimarySource`, 'InvalidActionDeclaration']]);
    expect(found(declared({ PrimarySource: 'Third' }))).toEqual([[`${AT}.PrimarySource`, 'InvalidActionDeclaration']]);
    accepted(declared({ PrimarySource: 'More' }));
  });

  test.each([
    ['[]', undefined],
    ['[{"name":"A","value":"b"}]', undefined],
    ['[{"name":"A","value":"#{codepipeline.PipelineExecutionId}","type":"PLAINTEXT"}]', undefined],
    ['{}', 'InvalidActionDeclaration'],
    ['[{"name":"A"', 'InvalidActionDeclaration'],
    ['[1]', 'InvalidActionDeclaration'],
    ['[{"name":"1A","value":"b"}]', 'InvalidActionDeclaration'],
    ['[{"name":"A","value":1}]', 'InvalidActionDeclaration'],
    ['[{"name":"A","value":"b","type":"SECRET"}]', 'InvalidActionDeclaration'],
    ['[{"name":"A","value":"b","kind":"x"}]', 'InvalidActionDeclaration'],
    ['[{"name":"A","value":"b","type":"SECRETS_MANAGER"}]', 'NOT_YET_SUPPORTED'],
    ['[{"name":"A","value":"b","type":"PARAMETER_STORE"}]', 'NOT_YET_SUPPORTED'],
  ])('EnvironmentVariables %s', (EnvironmentVariables, code) => {
    expect(found(withBuild({ EnvironmentVariables }))).toEqual(
      code === undefined ? [] : [[`${AT}.EnvironmentVariables`, code]],
    );
  });

  test.each([
    ['arn:aws:sns:eu-west-1:111122223333:topic', undefined],
    ['topic', 'contains a format error'],
    ['arn:aws:sqs:eu-west-1:111122223333:queue', 'cannot be used to send approval requests'],
  ])('NotificationArn %s', (NotificationArn, text) => {
    const declared = pipeline({}, stage('Go', approval({ configuration: { NotificationArn } })));
    if (text === undefined) accepted(declared);
    else expect(messages(declared)).toContain(text);
  });
});

describe('artifacts', () => {
  test.each([
    ['Source', { inputArtifacts: [{ name: 'Tree' }] }, 'inputArtifacts'],
    ['Source', { outputArtifacts: [] }, 'outputArtifacts'],
    ['Source', { outputArtifacts: [{ name: 'Tree' }, { name: 'B' }] }, 'outputArtifacts'],
  ])('the number of artifacts of a %s action: %j', (_category, changes, member) => {
    expect(found(pipeline({ stages: [stage('Source', git(changes)), stage('Go', approval())] }))).toContainEqual([
      `stages[0].actions[0].${member}`,
      'InvalidActionDeclaration',
    ]);
  });

  test('the bounds of each type', () => {
    const artifacts = (count: number, prefix: string) => times(count, (index) => ({ name: `${prefix}${index}` }));
    const sources = stage(
      'Source',
      ...artifacts(11, 'T').map((artifact) => git({ name: artifact.name, outputArtifacts: [artifact] })),
    );
    const ok = (action: Declared) => found(pipeline({ stages: [sources, stage('Act', action)] }));
    const PrimarySource = { configuration: { PrimarySource: 'T0' } };
    expect(ok(commands({ inputArtifacts: [] }))).toEqual([]);
    expect(ok(commands({ inputArtifacts: artifacts(10, 'T') }))).toEqual([]);
    expect(ok(commands({ inputArtifacts: artifacts(11, 'T') }))).toEqual([
      ['stages[1].actions[0].inputArtifacts', 'InvalidActionDeclaration'],
    ]);
    expect(
      ok(buildspec({ inputArtifacts: artifacts(5, 'T'), outputArtifacts: artifacts(5, 'B'), ...PrimarySource })),
    ).toEqual([]);
    expect(ok(buildspec({ inputArtifacts: [] }))).toEqual([
      ['stages[1].actions[0].inputArtifacts', 'InvalidActionDeclaration'],
    ]);
    expect(ok(buildspec({ inputArtifacts: artifacts(1, 'T'), outputArtifacts: artifacts(6, 'B') }))).toEqual([
      ['stages[1].actions[0].outputArtifacts', 'InvalidActionDeclaration'],
    ]);
    expect(ok(files({ inputArtifacts: artifacts(2, 'T') }))).toEqual([
      ['stages[1].actions[0].inputArtifacts', 'InvalidActionDeclaration'],
    ]);
    expect(ok(approval({ inputArtifacts: artifacts(1, 'T') }))).toEqual([
      ['stages[1].actions[0].inputArtifacts', 'InvalidActionDeclaration'],
    ]);
  });

  test('output names are unique in the pipeline', () => {
    expect(found(pipeline({}, stage('Build', buildspec({ outputArtifacts: [{ name: 'Tree' }] }))))).toEqual([
      ['stages[1].actions[0].outputArtifacts[0].name', 'InvalidActionDeclaration'],
    ]);
  });

  const INPUT = (action: number) => [`stages[1].actions[${action}].inputArtifacts[0].name`, 'InvalidActionDeclaration'];

  test('an input comes from an earlier stage', () => {
    const declared = pipeline({}, stage('Deploy', files({ inputArtifacts: [{ name: 'tree' }] })));
    expect(found(declared)).toEqual([INPUT(0)]);
    expect(messages(declared)).toContain("Did you mean 'Tree'?");
    const later = pipeline(
      {},
      stage('Deploy', files({ inputArtifacts: [{ name: 'Out' }] })),
      stage('Build', buildspec({ outputArtifacts: [{ name: 'Out' }] })),
    );
    expect(found(later)).toEqual([INPUT(0)]);
    expect(messages(later)).toContain("Action 'Build' of stage 'Build' produces it, but is not over by then");
  });

  test('or from a lower runOrder of the same stage, not from a parallel sibling and not from itself', () => {
    const together = (build: number, deploy: number) =>
      pipeline(
        {},
        stage(
          'All',
          buildspec({ runOrder: build, outputArtifacts: [{ name: 'Out' }] }),
          files({ runOrder: deploy, inputArtifacts: [{ name: 'Out' }] }),
        ),
      );
    accepted(together(1, 2));
    expect(found(together(1, 1))).toEqual([INPUT(1)]);
    expect(found(together(2, 1))).toEqual([INPUT(1)]);
    expect(
      found(
        pipeline(
          {},
          stage('All', buildspec({ inputArtifacts: [{ name: 'Out' }], outputArtifacts: [{ name: 'Out' }] })),
        ),
      ),
    ).toEqual([INPUT(0)]);
  });
});

describe('variables', () => {
  const AT = 'stages[1].actions[0].configuration.CustomData';
  const asking = (CustomData: string, changes: Declared = {}, approvalChanges: Declared = {}) =>
    pipeline(changes, stage('Go', approval({ configuration: { CustomData }, ...approvalChanges })));

  test('names are unique', () => {
    expect(found(pipeline({ variables: [{ name: 'A' }, { name: 'a' }, { name: 'A' }] }))).toEqual([
      ['variables[2].name', 'InvalidStructure'],
    ]);
  });

  test('a reference to one that is not declared', () => {
    expect(found(asking('#{variables.TARGE}', { variables: [{ name: 'TARGET' }] }))).toEqual([
      [AT, 'InvalidStructure'],
    ]);
    expect(messages(asking('#{variables.TARGE}', { variables: [{ name: 'TARGET' }] }))).toContain(
      "Did you mean 'TARGET'?",
    );
    accepted(asking('#{variables.TARGET}-#{codepipeline.PipelineExecutionId}', { variables: [{ name: 'TARGET' }] }));
  });

  test('without declared variables the namespace does not exist, unless an action owns it', () => {
    expect(found(asking('#{variables.X}'))).toEqual([[AT, 'InvalidActionDeclaration']]);
    expect(found(asking('#{variables.X}', { variables: [] }))).toEqual([[AT, 'InvalidActionDeclaration']]);
    const owned = (variables: unknown) => ({
      variables,
      stages: [
        stage('Source', git({ namespace: 'variables' })),
        stage('Go', approval({ configuration: { CustomData: '#{variables.CommitId}' } })),
      ],
    });
    accepted(pipeline(owned([])));
    expect(found(pipeline(owned([{ name: 'CommitId' }])))).toEqual([
      ['stages[0].actions[0].namespace', 'InvalidStructure'],
    ]);
  });

  test('not in source actions', () => {
    const declared = pipeline({
      variables: [{ name: 'B' }],
      stages: [
        stage('Source', git({ configuration: { RepositoryUrl: '/x', BranchName: '#{variables.B}' } })),
        stage('Go', approval()),
      ],
    });
    expect(found(declared)).toEqual([['stages[0].actions[0].configuration.BranchName', 'InvalidStructure']]);
  });

  test('namespaces are unique, not reserved and no artifact', () => {
    const source = (namespace: string) => [
      stage('Source', git({ namespace })),
      stage('Go', approval({ namespace: 'Go' })),
    ];
    accepted(pipeline({ stages: source('Src') }));
    expect(found(pipeline({ stages: source('Go') }))).toEqual([
      ['stages[1].actions[0].namespace', 'InvalidActionDeclaration'],
    ]);
    expect(found(pipeline({ stages: source('codepipeline') }))).toEqual([
      ['stages[0].actions[0].namespace', 'InvalidActionDeclaration'],
    ]);
    expect(found(pipeline({ stages: source('Tree') }))).toEqual([
      ['stages[0].actions[0].namespace', 'InvalidActionDeclaration'],
    ]);
  });

  test('a reference names an action that is over by then', () => {
    const declared = (checkOrder: number, askOrder: number) =>
      pipeline(
        {},
        stage(
          'Go',
          approval({ runOrder: askOrder, configuration: { CustomData: '#{Check.V}' } }),
          commands({ runOrder: checkOrder, namespace: 'Check', outputVariables: ['V'] }),
        ),
      );
    accepted(declared(1, 2));
    expect(found(declared(1, 1))).toEqual([[AT, 'InvalidActionDeclaration']]);
    expect(found(declared(2, 1))).toEqual([[AT, 'InvalidActionDeclaration']]);
    expect(messages(declared(1, 1))).toContain('not over by then');
  });

  test.each(['#{Nobody.X}', '#{X}', '#{a.b.c}', '#{}'])('%s is no reference to anything', (text) => {
    expect(found(asking(`see ${text}`))).toEqual([[AT, 'InvalidActionDeclaration']]);
  });

  test('environment variables may refer, commands do not', () => {
    const declared = (environmentVariables: unknown) =>
      pipeline({}, stage('Go', commands({ commands: ['echo #{x}'], environmentVariables })));
    accepted(declared([{ name: 'A', value: '#{codepipeline.PipelineExecutionId}' }]));
    expect(found(declared([{ name: 'A', value: '#{No.X}' }]))).toEqual([
      ['stages[1].actions[0].environmentVariables[0].value', 'InvalidActionDeclaration'],
    ]);
  });
});

describe('Regions', () => {
  const store = { type: 'S3', location: 'bucket' };
  const placed = (source: string | undefined, deploy: string | undefined, changes: Declared = {}) =>
    pipeline({
      ...changes,
      stages: [stage('Source', git({ region: source })), stage('Deploy', files({ region: deploy }))],
    });

  test('one Region is kept', () => {
    accepted(placed('eu-west-1', 'eu-west-1', { artifactStores: { 'eu-west-1': store, 'us-east-1': store } }));
  });

  test('several are not run yet', () => {
    expect(found(placed('eu-west-1', 'us-east-1'))).toEqual([['stages', 'NOT_YET_SUPPORTED']]);
  });

  test('a store for each of several', () => {
    expect(structural(placed('eu-west-1', 'us-east-1', { artifactStore: store }))).toEqual([
      ['artifactStore', 'InvalidStructure'],
    ]);
    expect(structural(placed('eu-west-1', 'us-east-1', { artifactStores: { 'eu-west-1': store } }))).toEqual([
      ['artifactStores', 'InvalidStructure'],
    ]);
    expect(
      structural(placed('eu-west-1', 'us-east-1', { artifactStores: { 'eu-west-1': store, 'us-east-1': store } })),
    ).toEqual([]);
  });

  test('one store or a map of them', () => {
    expect(found(pipeline({ artifactStore: store, artifactStores: { 'eu-west-1': store } }))).toEqual([
      ['artifactStores', 'InvalidStructure'],
    ]);
    expect(found(pipeline({ artifactStores: {} }))).toEqual([['artifactStores', 'Validation']]);
    expect(found(pipeline({ artifactStores: { EU: store } }))).toEqual([['artifactStores.EU', 'Validation']]);
  });

  test('sources stay in the Region of the pipeline', () => {
    const declared = pipeline({
      stages: [
        stage(
          'Source',
          git({ region: 'eu-west-1' }),
          git({ name: 'B', region: 'us-east-1', outputArtifacts: [{ name: 'B' }] }),
        ),
        stage('Deploy', files()),
      ],
    });
    expect(structural(declared)).toEqual([['stages[0].actions[1].region', 'InvalidActionDeclaration']]);
  });
});
