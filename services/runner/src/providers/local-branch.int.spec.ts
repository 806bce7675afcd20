import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { git } from '../testing/house.js';
import { localBranch } from './local-branch.js';

let directory: string;
let shop: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-local-branch-'));
  shop = join(directory, 'shop');
  mkdirSync(shop);
  git(shop, 'init', '-q', '-b', 'main');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function commit(message: string): string {
  git(shop, 'commit', '-q', '--allow-empty', '-m', message);
  return git(shop, 'rev-parse', 'HEAD');
}

describe('the branch of a repository on this machine', () => {
  test('is read where git reads it: by path and by URL, with a working tree and without', async () => {
    const id = commit('one');
    const bare = join(directory, 'shop.git');
    git(directory, 'clone', '-q', '--bare', shop, bare);
    expect(await localBranch(shop, 'main')).toBe(id);
    expect(await localBranch(pathToFileURL(shop).href, 'main')).toBe(id);
    expect(await localBranch(bare, 'main')).toBe(id);
  });

  test('moves with each commit, packed or not', async () => {
    const first = commit('one');
    git(shop, 'branch', 'feature/a');
    git(shop, 'pack-refs', '--all');
    expect(await localBranch(shop, 'main')).toBe(first);
    expect(await localBranch(shop, 'feature/a')).toBe(first);
    const second = commit('two');
    expect(await localBranch(shop, 'main')).toBe(second);
    expect(await localBranch(shop, 'feature/a')).toBe(first);
  });

  test.each(['https://example.org/shop.git', 'git@example.org:shop.git', 'file://host/shop'])(
    'of %s is git’s to ask for',
    async (url) => expect(await localBranch(url, 'main')).toBeUndefined(),
  );

  test('that is not plain to see is git’s to ask for', async () => {
    commit('one');
    const worktree = join(directory, 'beside');
    git(shop, 'worktree', 'add', '-q', '-b', 'beside', worktree);
    git(shop, 'symbolic-ref', 'refs/heads/alias', 'refs/heads/main');
    writeFileSync(join(shop, '.git/refs/heads/broken'), 'nonsense');
    expect(await localBranch(worktree, 'beside')).toBeUndefined();
    expect(await localBranch(shop, 'alias')).toBeUndefined();
    expect(await localBranch(shop, 'broken')).toBeUndefined();
    expect(await localBranch(shop, 'missing')).toBeUndefined();
    expect(await localBranch(directory, 'main')).toBeUndefined();
    expect(await localBranch(join(directory, 'nowhere'), 'main')).toBeUndefined();
  });
});
