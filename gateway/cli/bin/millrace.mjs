#!/usr/bin/env node
// The `millrace` command. Runs what `npm run build` made, with the Node that the product is pinned to.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR = 24;

const packageDirectory = dirname(dirname(fileURLToPath(import.meta.url)));
const entry = join(packageDirectory, 'dist', 'main.js');

/** Upwards from here, as Node looks for packages. */
function pinnedNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const candidates = [
    `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
    `node-bin-${process.platform}-${process.arch}`,
  ];
  for (let directory = packageDirectory; ; directory = dirname(directory)) {
    for (const candidate of candidates) {
      const path = join(directory, 'node_modules', candidate, 'bin', name);
      if (existsSync(path)) return path;
    }
    if (dirname(directory) === directory) return undefined;
  }
}

function end(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 2;
}

/** Signals reach the child by themselves from a terminal, and through us from anywhere else; its end is ours. */
function runWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => end(`Node ${NODE_MAJOR} can't be run from ${node}: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
}

if (!existsSync(entry)) {
  end('The millrace command is not built yet. Run `npm run build` in its repository, then try again.');
} else if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) {
  await import(entry);
} else {
  const node = pinnedNode();
  if (node === undefined)
    end(
      `Millrace needs Node ${NODE_MAJOR} or newer, and this is ${process.version}. Run \`npm ci\`, which brings it, or install Node ${NODE_MAJOR}.`,
    );
  else runWith(node);
}
