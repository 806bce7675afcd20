// `npm start`: builds what has changed, then becomes the platform, in this very process, so that a signal to npm reaches it.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Millrace needs Node 24; this is ${process.version}. Run "npm ci" first: it brings Node 24 for Linux, Windows and macOS on arm64.`,
  );
  process.exit(2);
}
const { build } = await import('./build.mjs');
const failed = await build();
if (failed !== 0) process.exit(failed);
await import('../services/standalone/dist/main.js');
