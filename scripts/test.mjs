// `npm test`: unit, integration and end-to-end tests. Arguments go to Jest: `npm test -- --selectProjects unit libs/decider`.
import { spawnSync } from 'node:child_process';

const given = process.argv.slice(2);
const chosen = given.includes('--selectProjects') ? [] : ['--selectProjects', 'unit', 'integration', 'e2e'];
const run = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    ...given,
    ...chosen,
  ],
  { stdio: 'inherit' },
);
process.exitCode = run.status ?? 1;
