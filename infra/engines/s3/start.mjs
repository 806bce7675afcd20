// Starts versitygw, an S3 server over a directory; builds it by Go's own client when it is not there (2 minutes the first time).
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const VERSION = 'v1.8.0';
const USAGE =
  'start.mjs --data <directory> [--port <port, default 9000>] [--access <key>] [--secret <secret>] | start.mjs --fetch';
const READY_WITHIN_MS = 30_000;

/** @returns the server's binary, built at the first start and whenever its version changes. */
function fetched() {
  const target = join(import.meta.dirname, '.engines', `versitygw-${VERSION}`);
  const binary = join(target, 'versitygw');
  if (existsSync(binary)) return binary;
  console.log(`Building versitygw ${VERSION}, which takes minutes ...`);
  mkdirSync(dirname(target), { recursive: true });
  // Made beside and renamed, so that two that build at once, or one that is interrupted, leave nothing half done.
  const made = mkdtempSync(`${target}-`);
  const { status, error } = spawnSync('go', ['install', `github.com/versity/versitygw/cmd/versitygw@${VERSION}`], {
    env: { ...process.env, GOBIN: made, CGO_ENABLED: '0' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) {
    console.error(`go has failed: ${error?.message ?? `it ended with ${status}`}.`);
    process.exit(1);
  }
  try {
    renameSync(made, target);
  } catch (failure) {
    rmSync(made, { recursive: true });
    if (!existsSync(binary)) throw failure;
  }
  return binary;
}

/** It can't say which port it was given, so it is given one. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function serve({ data, port: wanted, access, secret }) {
  const [buckets, versions] = [join(data, 'buckets'), join(data, 'versions')];
  for (const directory of [buckets, versions]) mkdirSync(directory, { recursive: true });
  const port = wanted === '0' ? await freePort() : Number(wanted);
  const command = [fetched(), '--port', `127.0.0.1:${port}`, '--quiet', '--health', '/health'];
  // Where the system has it: the server ends with us, whatever ends us.
  const wrapper = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] : [];
  const [program, ...parameters] = [...wrapper, ...command, 'posix', '--versioning-dir', versions, buckets];
  const server = spawn(program, parameters, {
    env: { ...process.env, ROOT_ACCESS_KEY: access, ROOT_SECRET_KEY: secret },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  server.once('error', (error) => {
    console.error(`versitygw can't be started: ${error.message}.`);
    process.exit(1);
  });
  let stopping = false;
  server.once('exit', (code) => process.exit(stopping ? 0 : (code ?? 1)));
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.once(signal, () => {
      stopping = true;
      server.kill('SIGTERM');
    });
  await ready(`http://127.0.0.1:${port}/health`);
  const address = new URL(`http://127.0.0.1:${port}`);
  [address.username, address.password] = [access, secret];
  console.log(`Ready: ${address.href.replace(/\/$/, '')}, process ${server.pid}, data in ${data}`);
}

async function ready(url) {
  const giveUpAt = performance.now() + READY_WITHIN_MS;
  while (performance.now() < giveUpAt) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    await pause(20);
  }
  console.error(`versitygw is not ready after ${READY_WITHIN_MS} ms.`);
  process.exit(1);
}

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    port: { type: 'string', default: '9000' },
    access: { type: 'string', default: 'millrace' },
    secret: { type: 'string', default: 'millrace-secret' },
    fetch: { type: 'boolean', default: false },
  },
});
if (values.fetch) fetched();
else if (values.data === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else await serve(values);
