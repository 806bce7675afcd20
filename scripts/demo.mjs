// `npm run demo`: builds, then shows the whole main job (gateway/cli/src/demo). Arguments go to it: `npm run demo -- --keep`.
import './required-node.mjs';
import { spawnSync } from 'node:child_process';

const build = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], { stdio: 'inherit' });
if (build.status !== 0) {
  console.error('The build failed, so there is nothing to show.');
  process.exit(build.status ?? 1);
}
await import('../gateway/cli/dist/demo/main.js');
