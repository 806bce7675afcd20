import { parseBuildspec, planSteps } from './buildspec-file.js';
import type { PlannedStep } from './buildspec-file.js';
import { parseYaml } from './yaml.js';

const read = (text: string) => parseBuildspec(parseYaml(text, 'buildspec.yml'));
const base = 'version: 0.2\nphases:\n  build:\n    commands:\n      - make\n';

/** Follows the plan; `failing` are the commands that fail. */
function follow(steps: readonly PlannedStep[], failing: readonly string[]): string[] {
  const ran: string[] = [];
  for (let at: number | undefined = 0; at !== undefined;) {
    const step: PlannedStep | undefined = steps[at];
    if (step === undefined) throw new Error(`There is no step ${at}.`);
    if (step.command !== '') ran.push(step.command);
    at = failing.includes(step.command) ? step.onFailure : step.next;
  }
  return ran;
}

const phases = (extra: Readonly<Record<string, object>> = {}) => {
  const of = (name: string) => ({
    commands: [`${name} 1`, `${name} 2`],
    finally: [`${name} finally 1`, `${name} finally 2`],
    ...extra[name],
  });
  return { install: of('install'), pre_build: of('pre_build'), build: of('build'), post_build: of('post_build') };
};
const all = (name: string): string[] => [`${name} 1`, `${name} 2`, `${name} finally 1`, `${name} finally 2`];
const failed = (name: string): string[] => [`${name} 1`, `${name} finally 1`, `${name} finally 2`];

describe('the plan of the phases', () => {
  test('runs all of it in order', () => {
    expect(follow(planSteps(phases()), [])).toEqual(['install', 'pre_build', 'build', 'post_build'].flatMap(all));
  });

  test.each(['install', 'pre_build'])('a failure in %s ends the build after its finally', (name) => {
    const before = name === 'install' ? [] : all('install');
    expect(follow(planSteps(phases()), [`${name} 1`])).toEqual([...before, ...failed(name)]);
  });

  test('a failure in build leads to post_build', () => {
    expect(follow(planSteps(phases()), ['build 1'])).toEqual([
      ...all('install'),
      ...all('pre_build'),
      ...failed('build'),
      ...all('post_build'),
    ]);
  });

  test('on-failure ABORT leads to the end, CONTINUE to the next phase', () => {
    expect(follow(planSteps(phases({ build: { 'on-failure': 'ABORT' } })), ['build 1'])).toEqual([
      ...all('install'),
      ...all('pre_build'),
      ...failed('build'),
    ]);
    expect(follow(planSteps(phases({ install: { 'on-failure': 'CONTINUE' } })), ['install 1'])).toEqual([
      ...failed('install'),
      ...all('pre_build'),
      ...all('build'),
      ...all('post_build'),
    ]);
  });

  test('a failing finally is a failure of its phase', () => {
    expect(follow(planSteps(phases()), ['pre_build finally 1'])).toEqual([
      ...all('install'),
      'pre_build 1',
      'pre_build 2',
      'pre_build finally 1',
    ]);
  });

  test('phases may be absent or empty', () => {
    expect(follow(planSteps({ build: { commands: ['make'] } }), ['make'])).toEqual(['make']);
    expect(follow(planSteps({ install: {}, post_build: { commands: ['x'] } }), [])).toEqual(['x']);
    expect(planSteps({})).toEqual([]);
  });
});

describe('a buildspec', () => {
  test('is read', () => {
    const spec = read(
      `${base}env:\n  shell: bash\n  variables:\n    A: 1\n    B: true\n    C:\n  exported-variables:\n    - A\nartifacts:\n  files: '**/*'\n  discard-paths: yes\n`,
    );
    expect(spec.env?.variables).toEqual({ A: '1', B: 'true', C: '' });
    expect(spec.artifacts).toMatchObject({ files: ['**/*'], 'discard-paths': true });
  });

  test.each([
    ['version: 0.1\nphases: {}\n', /version: must be 0.2/],
    ['phases: {}\n', /version/],
    [`${base}unknown: 1\n`, /unknown is unknown/],
    [`${base}env:\n  secrets-manager:\n    A: b\n`, /secrets-manager is unknown: secrets are not available yet/],
    [`${base}env:\n  shell: powershell.exe\n`, /env.shell: must be bash or \/bin\/sh/],
    [
      'version: 0.2\nphases:\n  build:\n    commands:\n      - echo a: b\n',
      /phases.build.commands.0: is a mapping, not a command: quote/,
    ],
    ['version: 0.2\nphases:\n  build:\n    commands:\n      - 1\n', /must be text: quote it/],
    ['version: 0.2\nphases:\n  build:\n    on-failure: RETRY\n', /must be ABORT or CONTINUE/],
    ['version: 0.2\nphases:\n  deploy: {}\n', /deploy is unknown/],
    [`${base}artifacts:\n  base-directory: x\n`, /artifacts.files/],
    ['- a list\n', /the document/],
    ['', /input is empty/],
  ])('%j is refused', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  test.each([
    ['aliases', 'version: &v 0.2\nphases: *v\n'],
    ['a bomb', 'a: &a [x,x]\nb: &b [*a,*a]\n'],
    ['depth', '['.repeat(100_000)],
    ['length', `# ${'x'.repeat(300_000)}`],
    ['two keys alike', 'version: 0.2\nversion: 0.2\n'],
    ['tags', 'a: !!js/function "x"\n'],
  ])('YAML with %s is refused', (_what, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ name: 'ActionFailed', code: 'ConfigurationError' }));
  });

  test('keys with a meaning in JavaScript change nothing', () => {
    expect(() => read(`${base}__proto__:\n  polluted: 1\n`)).toThrow();
    expect(() => read(`${base}constructor: 1\n`)).toThrow(/constructor is unknown$/);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});
