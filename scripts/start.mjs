// `npm start`: builds what has changed, then becomes the platform, in this very process, so that a signal to npm reaches it.
import { spawnSync } from 'node:child_process';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Millrace needs Node 24; this is ${process.version}. Run "npm ci" first: it brings Node 24 for Linux, Windows and macOS on arm64.`,
  );
  process.exit(2);
}
const build = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], { stdio: 'inherit' });
if (build.status !== 0) process.exit(build.status ?? 1);

// npm hands its signals to the shell between it and us. Shells of today become the one command that they are given (bash, zsh,
// dash since 0.5.11), so that we get the signal itself; an older one dies of it and leaves us to a new parent, which says the same.
if (process.env.npm_lifecycle_event === 'start' && process.platform !== 'win32') {
  const shell = process.ppid;
  setInterval(() => process.ppid === shell || process.kill(process.pid, 'SIGTERM'), 500).unref();
}
await import('../services/standalone/dist/main.js');
