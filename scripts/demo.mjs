// `npm run demo`: builds, then shows the whole main job (gateway/cli/src/demo). Arguments go to it: `npm run demo -- --keep`.
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `The demo needs Node 24 and was started with ${process.version}. Start it with \`npm run demo\`, which brings its own.`,
  );
  process.exit(2);
}
const { build } = await import('./build.mjs');
const failed = await build();
if (failed !== 0) {
  console.error('The build failed, so there is nothing to show.');
  process.exit(failed);
}
await import('../gateway/cli/dist/demo/main.js');
