import { buildspec, commands, git, pipeline, stage, type Declared } from './testing/declarations.js';
import { validateDeclaration } from './validate-declaration.js';

// The validation runs on the event loop: the worst 512 KiB must not hold up everybody else.

// Processor time of this process, since a busy machine says nothing about the rules; what is quadratic takes many times as long.
const LIMIT_US = 3_000_000;
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const name = (index: number) => `artifact-name-${index}`.padEnd(40, 'x');

describe('half a megabyte of', () => {
  test.each<[string, () => unknown]>([
    ['unknown members', () => pipeline(Object.fromEntries(times(7_000, (index) => [`m${index}`.padEnd(60, 'x'), 1])))],
    [
      'inputs that nobody produces',
      () =>
        pipeline(
          {},
          stage(
            'Build',
            buildspec({ outputArtifacts: times(3_800, (index) => ({ name: name(index) })) }),
            commands({ inputArtifacts: times(3_800, (index) => ({ name: `${name(index)}y` })) }),
          ),
        ),
    ],
    [
      'references',
      () =>
        pipeline(
          {},
          stage('Go', ...times(8, () => commands({ configuration: { VpcId: '#{nobody.knows}'.repeat(3_000) } }))),
        ),
    ],
    [
      'beginnings of references',
      () =>
        pipeline({}, stage('Go', ...times(10, () => commands({ configuration: { VpcId: '#{a.'.repeat(12_000) } })))),
    ],
    ['stages', () => pipeline({ stages: times(10_000, (index) => stage(`S${index}`)) })],
    ['empty values', () => pipeline({ stages: times(100_000, () => null) })],
    ...(['/', '../', '.', '@{', 'a/', '://', '::', 'https://'] as const).map((part): [string, () => unknown] => [
      `patterns over '${part}'`,
      () =>
        pipeline({
          stages: times(9, (index) =>
            stage(
              `S${index}`,
              git({
                configuration: {
                  RepositoryUrl: part.repeat(Math.floor(24_000 / part.length)),
                  BranchName: `a${part.repeat(Math.floor(24_000 / part.length))}`,
                },
              }),
              buildspec({ configuration: { Buildspec: `${part.repeat(100)}\\` } } satisfies Declared),
            ),
          ),
        }),
    ]),
  ])('%s is judged quickly', (_name, make) => {
    const input = make();
    expect(JSON.stringify(input).length).toBeLessThan(512 * 1024);
    const started = process.cpuUsage();
    expect(validateDeclaration(input).ok).toBe(false);
    const { user } = process.cpuUsage(started);
    expect(user).toBeLessThan(LIMIT_US);
  });
});
