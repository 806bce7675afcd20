/** The oldest that works; package.json brings it. */
const NODE_MAJOR_MIN = 24;

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `Millrace needs Node ${NODE_MAJOR_MIN} or newer and was started with ${process.version}. Start it with "npm start", which brings its own.\n`,
  );
  process.exit(2);
}
// Not before: an older Node fails at what is imported (node:sqlite), with a stack and without a sentence.
const { loadViewsWorker } = await import('./views-worker.js');
loadViewsWorker();
const { run } = await import('./run.js');
await run({ env: process.env, flags: process.argv.slice(2), workingDirectory: process.cwd() });
