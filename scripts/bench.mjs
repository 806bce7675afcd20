// `npm run bench`: builds what has changed, then measures (scripts/bench/main.mjs). Arguments go to it: `npm run bench -- --only hops`.
import { spawnSync } from 'node:child_process';

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `The bench needs Node 24 and was started with ${process.version}. Start it with \`npm run bench\`, which brings its own.`,
  );
  process.exit(2);
}
const build = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], { stdio: 'inherit' });
if (build.status !== 0) process.exit(build.status ?? 1);
await import('./bench/main.mjs');
