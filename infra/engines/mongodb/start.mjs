// Starts mongo-java-server, which speaks MongoDB's protocol; fetches it from Maven Central when it is not there (Java 17 and Maven are needed).
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const HERE = import.meta.dirname;
const USAGE = 'start.mjs --data <directory> [--port <port, default 27017>] | start.mjs --fetch';

/** @returns the folder that holds the server, made at the first start and whenever its versions change. */
function fetched() {
  const hash = createHash('sha256');
  for (const file of ['pom.xml', 'StandIn.java']) hash.update(readFileSync(join(HERE, file)));
  const target = join(HERE, '.engines', hash.digest('hex').slice(0, 16));
  if (existsSync(target)) return target;
  console.log('Fetching mongo-java-server from Maven Central ...');
  mkdirSync(dirname(target), { recursive: true });
  // Made beside and renamed, so that two that fetch at once, or one that is interrupted, leave nothing half done.
  const made = mkdtempSync(`${target}-`);
  for (const file of ['pom.xml', 'StandIn.java']) copyFileSync(join(HERE, file), join(made, file));
  run('mvn', ['-q', '-B', '-ntp', 'dependency:copy-dependencies', '-DoutputDirectory=jars'], made);
  run('javac', ['-cp', 'jars/*', '-d', 'jars', 'StandIn.java'], made);
  try {
    renameSync(made, target);
  } catch (error) {
    rmSync(made, { recursive: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

function run(command, parameters, cwd) {
  const { status, error } = spawnSync(command, parameters, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return;
  console.error(`${command} has failed: ${error?.message ?? `it ended with ${status}`}.`);
  process.exit(1);
}

function serve(directory, port) {
  mkdirSync(directory, { recursive: true });
  const jars = join(fetched(), 'jars');
  const server = spawn(
    'java',
    [
      ...['-Xms64m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
      ...['-cp', `${jars}/*:${jars}`, 'StandIn', join(directory, 'mongodb.h2'), port],
    ],
    // Its input is a pipe of ours: it ends when we do, whatever ends us.
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  createInterface(server.stdout).on('line', (line) => {
    const taken = /^port (\d+)$/.exec(line)?.[1];
    if (taken === undefined) return console.log(line);
    console.log(`Ready: mongodb://127.0.0.1:${taken}, process ${server.pid}, data in ${directory}`);
  });
  server.once('error', (error) => {
    console.error(`Java can't be started: ${error.message}.`);
    process.exit(1);
  });
  let stopping = false;
  server.once('exit', (code) => process.exit(stopping ? 0 : (code ?? 1)));
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.once(signal, () => {
      stopping = true;
      server.kill('SIGTERM');
    });
}

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    port: { type: 'string', default: '27017' },
    fetch: { type: 'boolean', default: false },
  },
});
if (values.fetch) fetched();
else if (values.data === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  console.log('This is a stand-in for MongoDB, for development and tests. It is not MongoDB: keep nothing in it.');
  serve(values.data, values.port);
}
