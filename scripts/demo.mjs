// `npm run demo`: builds, then shows the whole main job (gateway/cli/src/demo). Arguments go to it: `npm run demo -- --keep`.
import './required-node.mjs';
import { build } from './build.mjs';

const failed = await build();
if (failed !== 0) {
  console.error('The build failed, so there is nothing to show.');
  process.exit(failed);
}
await import('../gateway/cli/dist/demo/main.js');
