import { House, buildspecType } from '../testing/house.js';

let house: House;
beforeEach(async () => {
  house = await House.open();
  await house.startRunner();
});
afterEach(async () => {
  await house.close();
});

type Draft = Omit<Parameters<House['controlPlane']['offerAction']>[0], 'actionTypeId'>;

async function build(spec: string, files: Readonly<Record<string, string>> = {}, draft: Draft = {}) {
  const jobId = house.controlPlane.offerAction({
    actionTypeId: buildspecType,
    inputs: { Source: await house.archive({ 'buildspec.yml': spec, ...files }) },
    ...draft,
  });
  return { jobId, result: await house.controlPlane.result(jobId), log: house.controlPlane.log(jobId) };
}

const output = (jobId: string, name = 'Out') => house.unpack(house.controlPlane.attempt(jobId).artifacts.get(name));

const phases = (lines: Readonly<Record<string, readonly string[]>>): string =>
  `version: 0.2\nphases:\n${Object.entries(lines)
    .map(
      ([phase, commands]) =>
        `  ${phase}:\n    commands:\n${commands.map((command) => `      - ${JSON.stringify(command)}\n`).join('')}`,
    )
    .join('')}`;

describe('a buildspec', () => {
  test('runs its phases in one shell', async () => {
    const { result, log } = await build(
      phases({ install: ['export A=1; B=2; mkdir x; cd x'], build: ['echo "$A$B $(basename "$PWD")"'] }),
    );
    expect(result).toMatchObject({ status: 'succeeded' });
    expect(log).toContain(
      '[millrace] Phase install\n[millrace] $ export A=1; B=2; mkdir x; cd x\n[millrace] Phase build\n',
    );
    expect(log).toMatch(/^12 x$/m);
  });

  test('a command may have several lines', async () => {
    const { log } = await build(
      'version: 0.2\nphases:\n  build:\n    commands:\n      - |\n        for n in 1 2; do\n          echo "n$n"\n        done\n',
    );
    expect(log).toMatch(/^n1\nn2$/m);
    expect(log).toContain('[millrace] > done\n');
  });

  test('post_build sees that the build failed, and the failure is the first one', async () => {
    const { result, log } = await build(
      phases({
        build: ['echo before; false', 'echo never'],
        post_build: ['echo "succeeding: $CODEBUILD_BUILD_SUCCEEDING"'],
      }),
    );
    expect(result).toMatchObject({
      status: 'failed',
      code: 'JobFailed',
      message: 'Phase build: "echo before; false" ended with exit code 1.',
    });
    expect(log).toContain('succeeding: 0\n');
    expect(log).not.toContain('\nnever\n');
  });

  test('a command that leaves the shell still lets post_build run', async () => {
    const { result, log } = await build(phases({ build: ['exit 5'], post_build: ['echo after'] }));
    expect(result).toMatchObject({ status: 'failed', message: 'Phase build: "exit 5" ended with exit code 5.' });
    expect(log).toContain('\nafter\n');
  });

  test('set -e and set -u of a command do not break the phases', async () => {
    const { result, log } = await build(
      phases({ build: ['set -eu', 'false', 'echo never'], post_build: ['echo after'] }),
    );
    expect(result).toMatchObject({ status: 'failed', message: 'Phase build: "false" ended with exit code 1.' });
    expect(log).toContain('\nafter\n');
  });

  test('on-failure CONTINUE makes the failure none of the build', async () => {
    const spec =
      'version: 0.2\nphases:\n  pre_build:\n    on-failure: CONTINUE\n    commands: ["false"]\n  build:\n    commands: ["echo built"]\n';
    const { result, log } = await build(spec);
    expect(result).toMatchObject({ status: 'succeeded' });
    expect(log).toContain('\nbuilt\n');
  });

  test('finally runs after a failure too', async () => {
    const spec =
      'version: 0.2\nphases:\n  install:\n    commands: ["false"]\n    finally: ["echo cleaned"]\n  build:\n    commands: ["echo never"]\n';
    const { result, log } = await build(spec);
    expect(result).toMatchObject({ status: 'failed', message: 'Phase install: "false" ended with exit code 1.' });
    expect(log).toContain('\ncleaned\n');
    expect(log).not.toContain('never');
  });

  test('the sh that env.shell asks for is not bash', async () => {
    const { log } = await build(`${phases({ build: ['echo "bash:${BASH_VERSION-}"'] })}env:\n  shell: /bin/sh\n`);
    expect(log).toMatch(/^bash:$/m);
  });

  test('the same in sh: failures, exit, exported variables', async () => {
    const spec = `${phases({ build: ["V='it is'", 'exit 5'], post_build: ['echo after'] })}env:\n  shell: sh\n  exported-variables: [V]\n`;
    const { result, log } = await build(spec);
    expect(result).toMatchObject({
      status: 'failed',
      message: 'Phase build: "exit 5" ended with exit code 5.',
      outputVariables: [{ name: 'V', value: 'it is' }],
    });
    expect(log).toContain('\nafter\n');
  });

  test('variables of the configuration win over those of the file; exported ones come back', async () => {
    const spec = `${phases({ build: ['C="$A$B"'] })}env:\n  variables:\n    A: file\n    B: file\n  exported-variables: [A, C, UNSET]\n`;
    const EnvironmentVariables = JSON.stringify([{ name: 'A', value: 'action', type: 'PLAINTEXT' }]);
    const { result } = await build(spec, {}, { configuration: { EnvironmentVariables } });
    expect(result).toMatchObject({
      status: 'succeeded',
      outputVariables: [
        { name: 'A', value: 'action' },
        { name: 'C', value: 'actionfile' },
      ],
    });
  });

  test('gives the variables of CodeBuild', async () => {
    const { log } = await build(
      phases({ build: ['env | grep ^CODEBUILD_ | sort', '[ "$CODEBUILD_SRC_DIR" = "$PWD" ]'] }),
    );
    for (const name of [
      'BUILD_ID=shop-Action:',
      'BUILD_ARN=arn:',
      'INITIATOR=codepipeline/shop',
      'RESOLVED_SOURCE_VERSION=',
      'START_TIME=',
      'BUILD_SUCCEEDING=1',
      'SRC_DIR=',
    ]) {
      expect(log).toContain(`\nCODEBUILD_${name}`);
    }
  });

  test('works in the primary source; the others are named', async () => {
    const inputs = {
      Lib: await house.archive({ 'lib.txt': 'L' }),
      App: await house.archive({
        'ci/build.yml': phases({ build: ['cat app.txt "$CODEBUILD_SRC_DIR_Lib/lib.txt"'] }),
        'app.txt': 'A',
      }),
    };
    const { log } = await build('', {}, { inputs, configuration: { PrimarySource: 'App', Buildspec: 'ci/build.yml' } });
    expect(log).toContain('AL');
  });

  test('an override is the whole of it', async () => {
    const { log } = await build(
      'nonsense',
      {},
      { configuration: { BuildspecOverride: phases({ build: ['echo overridden'] }) } },
    );
    expect(log).toContain('\noverridden\n');
  });

  test('stores artifacts from their directory, without the excluded, flattened when asked', async () => {
    const spec = `${phases({ build: ['mkdir -p dist/a; echo 1 > dist/a/x.js; echo 2 > dist/y.js; echo 3 > dist/y.map'] })}artifacts:\n  base-directory: dist\n  files: ['**/*']\n  exclude-paths: ['**/*.map']\n`;
    const plain = await build(spec, {}, { outputArtifacts: [{ name: 'Out' }] });
    expect(await output(plain.jobId)).toEqual({ 'a/x.js': '1\n', 'y.js': '2\n' });
    const flat = await build(`${spec}  discard-paths: yes\n`, {}, { outputArtifacts: [{ name: 'Out' }] });
    expect(await output(flat.jobId)).toEqual({ 'x.js': '1\n', 'y.js': '2\n' });
  });

  test('stores several artifacts by their identifiers', async () => {
    const spec = `${phases({ build: ['echo 1 > one; echo 2 > two'] })}artifacts:\n  secondary-artifacts:\n    One:\n      files: [one]\n    Two:\n      files: [two]\n`;
    const { jobId } = await build(spec, {}, { outputArtifacts: [{ name: 'One' }, { name: 'Two' }] });
    expect(await output(jobId, 'One')).toEqual({ one: '1\n' });
    expect(await output(jobId, 'Two')).toEqual({ two: '2\n' });
  });

  test.each([
    ['says nothing about an output', phases({ build: ['true'] }), /says nothing about the output artifact Out/],
    [
      'has a base-directory that leads away',
      `${phases({ build: ['true'] })}artifacts:\n  base-directory: ../..\n  files: ['**/*']\n`,
      /must lie inside/,
    ],
    [
      'has a base-directory that is not there',
      `${phases({ build: ['true'] })}artifacts:\n  base-directory: nope\n  files: ['**/*']\n`,
      /There is no base-directory nope/,
    ],
    ['has patterns that lead away', `${phases({ build: ['true'] })}artifacts:\n  files: ['../*']\n`, /must lie inside/],
    [
      'has patterns without files',
      `${phases({ build: ['true'] })}artifacts:\n  files: ['*.nope']\n`,
      /No file matches/,
    ],
  ])('fails when it %s', async (_what, spec, message) => {
    const { result } = await build(spec, {}, { outputArtifacts: [{ name: 'Out' }] });
    expect(result).toMatchObject({ status: 'failed', message: expect.stringMatching(message) as string });
  });

  test('a base-directory that a build made a link to elsewhere gives nothing away', async () => {
    const spec = `${phases({ build: ['ln -s /etc dist'] })}artifacts:\n  base-directory: dist\n  files: ['passwd']\n`;
    const { result } = await build(spec, {}, { outputArtifacts: [{ name: 'Out' }] });
    expect(result).toMatchObject({ status: 'failed' });
  });

  test('counts the tests of its reports, of a failed build too', async () => {
    const files = { 'report.xml': '<testsuite><testcase/><testcase><failure/></testcase></testsuite>' };
    const reports = "reports:\n  unit:\n    files: ['*.xml']\n";
    expect((await build(phases({ build: ['true'] }) + reports, files)).result).toMatchObject({
      status: 'succeeded',
      summary: '2 tests, 1 failed',
    });
    expect((await build(phases({ build: ['false'] }) + reports, files)).result).toMatchObject({
      status: 'failed',
      summary: '2 tests, 1 failed',
    });
  });

  test('is missed by its name', async () => {
    const { result } = await build('', {}, { configuration: { Buildspec: 'ci/other.yml' } });
    expect(result).toMatchObject({
      status: 'failed',
      code: 'ConfigurationError',
      message: 'There is no file ci/other.yml in the input artifact.',
    });
  });
});
