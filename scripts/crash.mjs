// `npm run crash -- --seed S --runs N`: builds what has changed, then kills the platform in the middle of releases (services/standalone/src/crash).
import './required-node.mjs';
import { spawnSync } from 'node:child_process';

const build = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], { stdio: 'inherit' });
if (build.status !== 0) process.exit(build.status ?? 1);
await import('../services/standalone/dist/crash/main.js');
