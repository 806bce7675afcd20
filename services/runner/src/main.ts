/** The oldest that works; package.json brings it. */
const NODE_MAJOR_MIN = 24;

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `The runner needs Node ${NODE_MAJOR_MIN} or newer and was started with ${process.version}. "npm ci" brings one: node_modules/.bin/node.\n`,
  );
  process.exit(2);
}
// Not before: an older Node fails at what is imported (node:sqlite), with a stack and without a sentence.
const { run } = await import('./run.js');
await run(process.env);
