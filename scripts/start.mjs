// `npm start`: builds what has changed, then becomes the platform, in this very process, so that a signal to npm reaches it.
import './required-node.mjs';
import { spawnSync } from 'node:child_process';

const build = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], { stdio: 'inherit' });
if (build.status !== 0) process.exit(build.status ?? 1);
await import('../services/standalone/dist/main.js');
