import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobResult } from '@millrace/contracts/runner';
import { House, git, gitType } from '../testing/house.js';
import type { Runner } from '../runner.js';

let house: House;
let origin: string;
let runner: Runner;
beforeEach(async () => {
  house = await House.open();
  origin = house.path('shop');
  mkdirSync(origin);
  git(origin, 'init', '-q', '-b', 'main');
  runner = await house.startRunner();
});
afterEach(async () => {
  await house.close();
});

function commit(message: string, files: Readonly<Record<string, string>> = { 'a.txt': message }): string {
  for (const [path, content] of Object.entries(files)) writeFileSync(join(origin, path), content);
  git(origin, 'add', '-A');
  git(origin, 'commit', '-q', '-m', message);
  return git(origin, 'rev-parse', 'HEAD');
}

async function fetchSource(configuration: Record<string, string> = {}, revision?: string) {
  const jobId = house.controlPlane.offerAction({
    actionTypeId: gitType,
    configuration: { RepositoryUrl: origin, BranchName: 'main', ...configuration },
    outputArtifacts: [{ name: 'Source' }],
    ...(revision === undefined ? {} : { revision }),
  });
  return { jobId, result: await house.controlPlane.result(jobId) };
}

async function look(cursor?: string, configuration: Record<string, string> = {}): Promise<JobResult> {
  const jobId = house.controlPlane.offerLook({
    configuration: { RepositoryUrl: origin, BranchName: 'main', ...configuration },
    ...(cursor === undefined ? {} : { cursor }),
  });
  return await house.controlPlane.result(jobId);
}

const artifact = (jobId: string) => house.unpack(house.controlPlane.attempt(jobId).artifacts.get('Source'));

describe('the Git source', () => {
  test('stores the tree of the head, without .git, and says what it is', async () => {
    const id = commit('First release\n\nWith a body.', { 'a.txt': 'A', '.hidden': 'H' });
    const { jobId, result } = await fetchSource();
    expect(result).toMatchObject({
      status: 'succeeded',
      summary: 'First release\n\nWith a body.',
      externalExecutionId: id,
      revision: { revisionId: id, summary: 'First release', author: 'Ada <ada@example.org>' },
    });
    const variables = Object.fromEntries(
      (result as { outputVariables: { name: string; value: string }[] }).outputVariables.map((v) => [v.name, v.value]),
    );
    expect(variables).toMatchObject({
      CommitId: id,
      BranchName: 'main',
      RepositoryName: 'shop',
      CommitMessage: 'First release\n\nWith a body.',
    });
    expect(variables['AuthorDate']).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(await artifact(jobId)).toEqual({ 'a.txt': 'A', '.hidden': 'H' });
  });

  test('makes the same archive of the same tree', async () => {
    commit('one', { 'a.txt': 'A' });
    const first = await fetchSource();
    commit('two', { 'a.txt': 'B' });
    commit('three', { 'a.txt': 'A' });
    const second = await fetchSource();
    const digest = (result: JobResult) =>
      (result as { outputArtifacts: { sha256: string }[] }).outputArtifacts[0]?.sha256;
    expect(digest(second.result)).toBe(digest(first.result));
  });

  test('fetches a given commit, and refuses one that is nowhere', async () => {
    const first = commit('one');
    commit('two');
    const { jobId, result } = await fetchSource({}, first);
    expect(result).toMatchObject({ status: 'succeeded', revision: { revisionId: first } });
    expect(await artifact(jobId)).toEqual({ 'a.txt': 'one' });
    expect((await fetchSource({}, 'f'.repeat(40))).result).toMatchObject({
      status: 'failed',
      code: 'RevisionUnavailable',
    });
    expect((await fetchSource({}, '--upload-pack=x')).result).toMatchObject({
      status: 'failed',
      code: 'RevisionUnavailable',
    });
  });

  test('FULL_CLONE brings the history', async () => {
    commit('one');
    const head = commit('two');
    const { jobId } = await fetchSource({ OutputArtifactFormat: 'FULL_CLONE' });
    const files = await artifact(jobId);
    expect(files['a.txt']).toBe('two');
    expect(files['.git/HEAD']).toBe('ref: refs/heads/main\n');
    expect(files['.git/config']).toContain(origin);
    expect(JSON.stringify(files)).toContain(head);
  });

  test('takes links inside the tree as files and leaves out those that lead away', async () => {
    git(origin, 'config', 'core.symlinks', 'true');
    symlinkSync('a.txt', join(origin, 'inside'));
    symlinkSync('/etc/passwd', join(origin, 'outside'));
    commit('links', { 'a.txt': 'A' });
    const { jobId } = await fetchSource();
    expect(await artifact(jobId)).toEqual({ 'a.txt': 'A', inside: 'A' });
    expect(house.controlPlane.log(jobId)).toContain('[millrace] Left out: outside');
  });

  test('names the branches that there are', async () => {
    commit('one');
    git(origin, 'branch', 'release');
    expect((await fetchSource({ BranchName: 'nope' })).result).toMatchObject({
      status: 'failed',
      code: 'ConfigurationError',
      message: `There is no branch nope in ${origin}. There are: main, release.`,
    });
  });

  test('says that there is no repository, and that it is empty', async () => {
    expect((await fetchSource()).result).toMatchObject({
      code: 'ConfigurationError',
      message: expect.stringContaining('no branches yet') as string,
    });
    expect((await fetchSource({ RepositoryUrl: house.path('nowhere') })).result).toMatchObject({
      code: 'ConfigurationError',
      message: expect.stringContaining('There is no repository at') as string,
    });
    expect((await fetchSource({ RepositoryUrl: 'http://127.0.0.1:9/x.git' })).result).toMatchObject({
      code: 'SystemUnavailable',
    });
  });

  test('mends a cache that was damaged', async () => {
    commit('one');
    await fetchSource();
    const [mirror = ''] = readdirSync(house.path('runner', 'cache', 'git'));
    writeFileSync(house.path('runner', 'cache', 'git', mirror, 'HEAD'), 'garbage');
    commit('two');
    expect((await fetchSource()).result).toMatchObject({ status: 'succeeded' });
  });

  test.each(['$(touch${IFS}pwn)', '`id`', 'a;id', '<img/src=x>', '__proto__', "a'b"])(
    'takes the branch %s for what it is',
    async (name) => {
      commit('one');
      git(origin, 'branch', '--', name);
      expect((await fetchSource({ BranchName: name })).result).toMatchObject({ status: 'succeeded' });
    },
  );

  test.each([
    '--upload-pack=touch PWNED',
    '--upload-pack=x',
    '-x',
    '--output=PWNED',
    '--help',
    'HEAD~1',
    '@{-1}',
    'a:b',
    '+main',
  ])('the branch %s is no option of git, fetched or looked at', async (name) => {
    commit('one');
    const BranchName = name.replace('PWNED', house.path('pwned'));
    for (const OutputArtifactFormat of ['CODE_ZIP', 'FULL_CLONE'])
      expect((await fetchSource({ BranchName, OutputArtifactFormat })).result).toMatchObject({
        status: 'failed',
        code: 'ConfigurationError',
      });
    expect(await look(undefined, { BranchName })).toMatchObject({ status: 'failed', code: 'ConfigurationError' });
    expect(existsSync(house.path('pwned'))).toBe(false);
  });

  test.each(['--upload-pack=touch PWNED', '--output=PWNED', '-1', '--all', 'f'.repeat(40) + '\n--all'])(
    'the cursor or revision %j is no option of git',
    async (name) => {
      const head = commit('one');
      const text = name.replace('PWNED', house.path('pwned'));
      await fetchSource();
      expect((await fetchSource({}, text)).result).toMatchObject({ status: 'failed', code: 'RevisionUnavailable' });
      git(origin, 'commit', '-q', '--allow-empty', '-m', 'two');
      expect(await look(text)).toMatchObject({ status: 'looked', commits: [{ summary: 'two' }] });
      expect(git(origin, 'rev-parse', 'HEAD^')).toBe(head);
      expect(existsSync(house.path('pwned'))).toBe(false);
    },
  );

  test('runs no hook and no helper that a repository or a user brings', async () => {
    await runner.stop();
    const marker = house.path('pwned');
    house.write('home/hooks/post-checkout', `#!/bin/sh\ntouch ${marker}\n`, 0o755);
    house.write('home/.gitconfig', `[core]\n\thooksPath = ${house.path('home/hooks')}\n`);
    await house.startRunner({
      environment: { ...process.env, HOME: house.path('home'), GIT_SSH_COMMAND: `touch ${marker}` },
    });
    commit('one');
    expect((await fetchSource({ OutputArtifactFormat: 'FULL_CLONE' })).result).toMatchObject({ status: 'succeeded' });
    expect((await fetchSource({ RepositoryUrl: `ext::touch ${marker}` })).result).toMatchObject({
      code: 'ConfigurationError',
    });
    expect((await fetchSource({ RepositoryUrl: 'nobody@127.0.0.1:x' })).result).toMatchObject({ status: 'failed' });
    expect(existsSync(marker)).toBe(false);
  });
});

describe('a look', () => {
  test('finds nothing new', async () => {
    const id = commit('one');
    expect(await look(id)).toEqual({ status: 'looked', revision: { revisionId: id } });
  });

  test('without a cursor names the head', async () => {
    const id = commit('one');
    expect(await look()).toMatchObject({ status: 'looked', revision: { revisionId: id, summary: 'one' } });
  });

  test('lists what is new, newest first', async () => {
    const cursor = commit('one');
    const two = commit('two');
    const three = commit('three');
    expect(await look(cursor)).toMatchObject({
      revision: { revisionId: three },
      commits: [
        { id: three, summary: 'three', author: 'Ada <ada@example.org>' },
        { id: two, summary: 'two' },
      ],
    });
  });

  test('bears a branch that was rewritten', async () => {
    const base = commit('base');
    const gone = commit('gone');
    await look(base);
    git(origin, 'reset', '-q', '--hard', base);
    const fresh = commit('fresh');
    expect(await look(gone)).toMatchObject({ revision: { revisionId: fresh }, commits: [{ id: fresh }] });
    expect(await look('e'.repeat(40))).toMatchObject({ revision: { revisionId: fresh }, commits: [{ id: fresh }] });
  });

  test('lists 250 commits at most', async () => {
    const cursor = commit('one');
    const stream = Array.from(
      { length: 300 },
      (_, n) =>
        `commit refs/heads/main\ncommitter Ada <ada@example.org> ${1_700_000_000 + n} +0000\ndata 3\nc${String(n % 100).padStart(2, '0')}\n${n === 0 ? `from ${cursor}\n` : ''}`,
    ).join('\n');
    execFileSync('git', ['fast-import', '--quiet'], {
      cwd: origin,
      input: stream,
    });
    const result = (await look(cursor)) as { commits: unknown[] };
    expect(result.commits).toHaveLength(250);
  });

  test('fails like the source itself', async () => {
    commit('one');
    expect(await look(undefined, { BranchName: 'nope' })).toMatchObject({
      status: 'failed',
      code: 'ConfigurationError',
    });
  });
});
