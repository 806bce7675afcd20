// `npm test`: unit, integration and end-to-end tests. `npm test -- unit libs/decider`: some projects, some paths; flags go to Jest.
import './required-node.mjs';
import { spawnSync } from 'node:child_process';
import { build } from './build.mjs';

const PROJECTS = ['unit', 'integration', 'e2e', 'ci', 'cluster'];
// These need more than Node, npm and git: they are run when they are asked for.
const ASKED_FOR = ['ci', 'cluster'];
const given = process.argv.slice(2).filter((argument) => argument !== '--selectProjects');
const chosen = given.filter((argument) => PROJECTS.includes(argument));
const rest = given.filter((argument) => !PROJECTS.includes(argument));
const projects = chosen.length > 0 ? chosen : PROJECTS.filter((project) => !ASKED_FOR.includes(project));
// End-to-end tests start the platform as it is built; the others run from the sources.
if (projects.some((project) => project === 'e2e' || project === 'ci')) {
  const failed = await build();
  if (failed !== 0) process.exit(failed);
}
// Fetched before the tests begin, whose time is bounded: one is built, which takes minutes the first time.
const ENGINES = { kafka: 'MILLRACE_TEST_KAFKA', mongodb: 'MILLRACE_TEST_MONGODB', s3: 'MILLRACE_TEST_S3' };
for (const [engine, given] of Object.entries(ENGINES)) {
  if (!projects.includes('cluster') || process.env[given]) continue;
  const fetched = spawnSync(process.execPath, [`infra/engines/${engine}/start.mjs`, '--fetch'], { stdio: 'inherit' });
  if (fetched.status !== 0) process.exit(fetched.status ?? 1);
}
// Suites that share one server see each other's events: one after the other.
const workers = process.env.MILLRACE_TEST_EVENTSTOREDB ? ['--maxWorkers=1'] : [];
const run = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    ...workers,
    ...rest,
    '--selectProjects',
    ...projects,
  ],
  { stdio: 'inherit' },
);
process.exitCode = run.status ?? 1;
