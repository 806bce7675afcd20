// `npm run bench`: builds what has changed, then measures (scripts/bench/main.mjs). Arguments go to it: `npm run bench -- --only hops`.
import './required-node.mjs';
import { spawnSync } from 'node:child_process';

const build = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], { stdio: 'inherit' });
if (build.status !== 0) process.exit(build.status ?? 1);
await import('./bench/main.mjs');
