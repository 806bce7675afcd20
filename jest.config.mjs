import { globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Every workspace's export, mapped to its source, so that tests never run a stale build. */
function workspaceSources() {
  const mapping = {};
  for (const manifest of globSync([
    'libs/*/package.json',
    'services/*/package.json',
    'gateway/package.json',
    'gateway/cli/package.json',
    'infra/engines/*/package.json',
  ])) {
    const { name, exports } = JSON.parse(readFileSync(manifest, 'utf8'));
    for (const [path, target] of Object.entries(exports ?? {})) {
      const source = target.default.replace('./dist/', '/src/').replace(/\.js$/, '.ts');
      mapping[`^${name}${path.slice(1)}$`] = `<rootDir>/${dirname(manifest)}${source}`;
    }
  }
  return mapping;
}

const base = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: false },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: { ...workspaceSources(), '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/tmp/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
};

export default {
  maxWorkers: 2,
  workerIdleMemoryLimit: '400MB',
  // A bound against hanging, not a measure of speed: real processes and real disks on a busy machine.
  testTimeout: 60_000,
  projects: [
    { ...base, displayName: 'unit', testRegex: ['(?<!\\.(int|e2e|ci|cluster))\\.spec\\.ts$'] },
    { ...base, displayName: 'integration', testRegex: ['\\.int\\.spec\\.ts$'] },
    { ...base, displayName: 'e2e', testRegex: ['\\.e2e\\.spec\\.ts$'] },
    // Needs more than Node, npm and git (strace, a small tmpfs, Chromium): run by `.ci/run`, not by `npm test`.
    { ...base, displayName: 'ci', testRegex: ['\\.ci\\.spec\\.ts$'] },
    // Needs the engines of the cluster, or what stands in for them; one that can't be reached fails: `npm run test:cluster`.
    { ...base, displayName: 'cluster', testRegex: ['\\.cluster\\.spec\\.ts$'] },
  ],
};
