import { actionTypeName, type ActionTypeProperty } from './action-type.js';
import { ACTION_TYPES, configuredValue, findActionType } from './action-types.js';
import type { ActionTypeId } from './declaration.js';
import { whyUnavailable } from './unavailable-action-types.js';

const id = (text: string): ActionTypeId => {
  const [category, owner, provider, version = '1'] = text.split('/');
  return { category, owner, provider, version } as ActionTypeId;
};

function patternOf(type: string, name: string): RegExp {
  const check = findActionType(id(type))?.properties.find(
    (property: ActionTypeProperty) => property.name === name,
  )?.check;
  if (check?.kind !== 'pattern') throw new Error(`${type} ${name} has no pattern`);
  return new RegExp(`^(?:${check.pattern})$`, 'u');
}

describe('the catalogue of action types', () => {
  test('holds what this release runs', () => {
    expect(ACTION_TYPES.map((type) => actionTypeName(type.id))).toEqual([
      'Source/Millrace/Git/1',
      'Build/Millrace/Buildspec/1',
      'Test/Millrace/Buildspec/1',
      'Compute/AWS/Commands/1',
      'Build/AWS/Commands/1',
      'Test/AWS/Commands/1',
      'Approval/AWS/Manual/1',
      'Deploy/Millrace/Files/1',
    ]);
  });

  test.each(ACTION_TYPES.map((type) => [actionTypeName(type.id), type] as const))(
    '%s is well-formed',
    (_name, type) => {
      expect(new Set(type.properties.map(({ name }) => name)).size).toBe(type.properties.length);
      expect(type.inputArtifacts.min).toBeLessThanOrEqual(type.inputArtifacts.max);
      expect(type.outputArtifacts.min).toBeLessThanOrEqual(type.outputArtifacts.max);
      for (const { check, default: byDefault } of type.properties) {
        if (check?.kind === 'pattern' && byDefault !== undefined)
          expect(byDefault).toMatch(new RegExp(`^(?:${check.pattern})$`, 'u'));
        if (check?.kind === 'oneOf' && byDefault !== undefined) expect(check.values).toContain(byDefault);
      }
    },
  );

  test('tells why a type is not here', () => {
    expect(whyUnavailable(id('Deploy/AWS/S3/1'))).toBe('only-in-aws');
    expect(whyUnavailable(id('Deploy/Millrace/Ssh/1'))).toBe('later');
    expect(whyUnavailable(id('Deploy/AWS/Nothing/1'))).toBe('unknown');
    expect(findActionType(id('Source/Millrace/Git/2'))).toBeUndefined();
  });

  test('answers with the configured value, else the default', () => {
    const git = findActionType(id('Source/Millrace/Git/1'));
    if (git === undefined) throw new Error('no Git');
    expect(configuredValue(git, { BranchName: 'next' }, 'BranchName')).toBe('next');
    expect(configuredValue(git, {}, 'BranchName')).toBe('main');
    expect(configuredValue(git, {}, 'constructor')).toBeUndefined();
  });
});

describe('RepositoryUrl', () => {
  const pattern = patternOf('Source/Millrace/Git', 'RepositoryUrl');

  test.each([
    '/srv/git/shop.git',
    './shop',
    'C:/git/shop',
    '/srv/my repositories/shop',
    'https://git.example.com/shop.git',
    'https://git.example.com/@scope/shop.git',
    'ssh://git@git.example.com:2222/shop.git',
    'ssh://git@[::1]:22/shop.git',
    'git@git.example.com:acme/shop.git',
    'file:///srv/git/shop.git',
  ])('may be %s', (url) => expect(url).toMatch(pattern));

  test.each([
    '',
    '--upload-pack=touch x',
    'ext::sh -c touch% /tmp/x',
    'https://user:secret@git.example.com/shop.git',
    'https://token@git.example.com/shop.git',
    'ssh://git:secret@git.example.com/shop.git',
    'javascript://x',
    'https://git.example.com/a\nb',
  ])('may not be %j', (url) => expect(url).not.toMatch(pattern));
});

describe('BranchName', () => {
  const pattern = patternOf('Source/Millrace/Git', 'BranchName');
  test.each(['main', 'a', 'feature/x', 'release-1.2', 'größe'])('may be %s', (name) => expect(name).toMatch(pattern));
  test.each([
    '',
    '-x',
    '--upload-pack=x',
    'a b',
    'a..b',
    'a//b',
    '/a',
    'a/',
    'a.',
    '.a',
    'a/.b',
    'a.lock',
    'a@{1}',
    'a\\b',
    'a~1',
    'a:b',
    'a*',
  ])('may not be %j', (name) => expect(name).not.toMatch(pattern));
});

describe('a path inside the artifact', () => {
  const pattern = patternOf('Build/Millrace/Buildspec', 'Buildspec');
  test.each(['buildspec.yml', 'ci/build.yml', './x', 'a..b/c..', '..a'])('may be %s', (path) =>
    expect(path).toMatch(pattern),
  );
  test.each(['', '/etc/passwd', '../x', 'a/../b', 'a/..', '..', '-x', 'a\\b', 'a\u0000'])('may not be %j', (path) =>
    expect(path).not.toMatch(pattern),
  );
});
