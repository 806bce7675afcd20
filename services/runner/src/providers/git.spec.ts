import { branchFault, repositoryFault } from './git.js';

describe('names that git could take for something else', () => {
  test.each([
    '--upload-pack=touch /tmp/pwn',
    '-x',
    'a..b',
    'a b',
    'refs/heads/*',
    'x.lock',
    'a\\b',
    '/a',
    'a/',
    '.a',
    'a~1',
    '@',
  ])('refuses the branch %s', (name) => {
    expect(branchFault(name)).toBeDefined();
  });

  test.each([
    '--upload-pack=touch /tmp/pwn',
    'ext::sh -c id',
    'ext::sh',
    'relative/path',
    'https://a:b@c/d',
    'ftp://x/y',
    'ssh://-oProxyCommand=id/x',
    '-oX@h:p',
    'h:-p',
    'javascript:x y',
  ])('refuses the repository %s', (url) => {
    expect(repositoryFault(url)).toBeDefined();
  });

  test.each([
    '/srv/git/a.git',
    'https://example.org/a',
    'ssh://git@example.org:22/a',
    'git@example.org:acme/shop.git',
    'file:///srv/a',
    'git://h/x',
  ])('accepts the repository %s', (url) => {
    expect(repositoryFault(url)).toBeUndefined();
  });
});
