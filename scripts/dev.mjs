// `npm run dev [-- <service>]`: builds all packages, runs one by `nest start` (nest-cli.json; default: the whole platform on the embedded
// engines), and builds and starts again after every edit of any of them.
import './required-node.mjs';
import { spawn } from 'node:child_process';

const [service = 'standalone', ...rest] = process.argv.slice(2);

/** What `tsc --watch` says at the end of a build that may be run. */
const BUILT = 'Found 0 errors';
// In a group of its own: the terminal tells only us of Ctrl-C, and we tell the compiler and nest, which tells the platform.
const detached = process.platform !== 'win32';

// `nest start --watch` watches the sources of one package, so that an edit of any other would change nothing.
const compiler = spawn(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-b', '--watch', '--preserveWatchOutput'],
  { stdio: ['ignore', 'pipe', 'inherit'], detached },
);
compiler.stdout.setEncoding('utf8').on('data', (text) => {
  process.stdout.write(text);
  if (text.includes(BUILT)) startAgain();
});

let nest;
let stopping = false;

/** In order: what runs is told to stop, and the next one starts when it has. */
function startAgain() {
  if (stopping) return;
  if (nest === undefined) start();
  else if (!nest.ending) {
    nest.ending = true;
    nest.kill('SIGTERM');
  }
}

function start() {
  const child = spawn(
    process.execPath,
    ['node_modules/@nestjs/cli/bin/nest.js', 'start', service, '--no-shell', ...rest],
    { stdio: ['ignore', 'inherit', 'inherit'], detached },
  );
  nest = child;
  child.once('exit', (code) => {
    nest = undefined;
    process.exitCode = code ?? 1;
    if (child.ending) startAgain();
    else if (!stopping)
      console.log(`${service} has ended with exit code ${code}; it starts again after the next edit.`);
  });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    stopping = true;
    compiler.kill('SIGTERM');
    nest?.kill('SIGTERM');
  });
compiler.once('exit', () => {
  if (stopping) return;
  console.error('The compiler has ended.');
  process.exitCode = 1;
  stopping = true;
  nest?.kill('SIGTERM');
});
