import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runnerConfig } from './config.js';

test('needs a token and nothing else', () => {
  expect(runnerConfig({ MILLRACE_RUNNER_TOKEN: 't' })).toMatchObject({
    url: 'http://127.0.0.1:4000',
    token: 't',
    labels: [],
    offlinePatienceMs: 900_000,
  });
});

test('reads everything', () => {
  const config = runnerConfig({
    MILLRACE_URL: 'https://ci.example.org/millrace',
    MILLRACE_RUNNER_TOKEN: 't',
    MILLRACE_RUNNER_ID: 'r-1',
    MILLRACE_RUNNER_LABELS: 'linux, arm64',
    MILLRACE_RUNNER_SLOTS: '3',
    MILLRACE_RUNNER_DIR: '/srv/runner',
    MILLRACE_RUNNER_OFFLINE_PATIENCE_S: '10',
    MILLRACE_RUNNER_UMASK: '027',
  });
  expect(config).toEqual({
    url: 'https://ci.example.org/millrace',
    token: 't',
    runnerId: 'r-1',
    labels: ['linux', 'arm64'],
    slots: 3,
    directory: '/srv/runner',
    offlinePatienceMs: 10_000,
    umask: 0o027,
  });
});

test('names every fault at once', () => {
  const faulty = {
    MILLRACE_URL: 'ftp://x',
    MILLRACE_RUNNER_SLOTS: '0',
    MILLRACE_RUNNER_LABELS: 'a b',
    MILLRACE_RUNNER_ID: 'ü',
    MILLRACE_RUNNER_UMASK: '088',
    MILLRACE_RUNNER_TOKEN: 't',
  };
  expect(() => runnerConfig(faulty)).toThrow(
    /MILLRACE_URL .*\n.*MILLRACE_RUNNER_ID .*\n.*MILLRACE_RUNNER_LABELS .*\n.*MILLRACE_RUNNER_SLOTS must lie between 1 and 1000\n.*MILLRACE_RUNNER_UMASK must be an octal number/,
  );
  expect(() => runnerConfig({})).toThrow(/MILLRACE_RUNNER_TOKEN is required/);
});

test('reads the token from a file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-config-'));
  const file = join(directory, 'token');
  writeFileSync(file, 'from-file\n');
  expect(runnerConfig({ MILLRACE_RUNNER_TOKEN_FILE: file }).token).toBe('from-file');
  writeFileSync(file, '\n');
  expect(() => runnerConfig({ MILLRACE_RUNNER_TOKEN_FILE: file })).toThrow(/is empty/);
  rmSync(directory, { recursive: true });
  expect(() => runnerConfig({ MILLRACE_RUNNER_TOKEN_FILE: file })).toThrow(/can't be read/);
});
