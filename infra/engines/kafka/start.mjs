// A real Kafka broker (KRaft, one node) for development and tests: fetched once, bound to 127.0.0.1, ended with this process.
//   npm run start -w @millrace/kafka-engine -- --data DIR [--port 19092] [--advertise-port P] [--heap-mb 256]
//   … -- --fetch    only fetches it
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const JARS = join(here, '.engines', 'jars');
const CLUSTER_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string', default: join(here, '.engines', 'data') },
    port: { type: 'string', default: '19092' },
    // What clients are told to connect to: the port of a proxy that stands before the broker. Default: the port itself.
    'advertise-port': { type: 'string' },
    'heap-mb': { type: 'string', default: '256' },
    fetch: { type: 'boolean', default: false },
  },
});

/** Into a folder beside, then renamed: a download that was cut off is never taken for a whole one. */
function fetchJars() {
  if (existsSync(JARS)) return;
  console.log('Fetching Kafka from Maven Central (44 MB) …');
  const partial = `${JARS}.${process.pid}`;
  execFileSync('mvn', ['-q', '-B', '-ntp', 'dependency:copy-dependencies', `-DoutputDirectory=${partial}`], {
    cwd: here,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  try {
    renameSync(partial, JARS);
  } catch (error) {
    // Another start was quicker.
    if (!existsSync(JARS)) throw error;
    rmSync(partial, { recursive: true, force: true });
  }
}

function freePort() {
  return new Promise((done, failed) => {
    const server = createServer().once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

function properties({ data, port, advertised, controllerPort }) {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${advertised}`,
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names=CONTROLLER',
    `log.dirs=${join(data, 'log')}`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.num.partitions=1',
    'transaction.state.log.min.isr=1',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'auto.create.topics.enable=false',
    'group.initial.rebalance.delay.ms=0',
    'group.min.session.timeout.ms=1000',
    // Tests kill it: ready again after 4 s instead of 12.
    'broker.session.timeout.ms=2000',
    'broker.heartbeat.interval.ms=500',
    'log.cleaner.dedupe.buffer.size=4194304',
    '',
  ].join('\n');
}

const logging = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
];
const classPath = ['-cp', join(JARS, '*')];

fetchJars();
if (flags.fetch) process.exit(0);
const data = resolve(flags.data);
mkdirSync(data, { recursive: true });
const port = flags.port === '0' ? await freePort() : Number(flags.port);
const settings = join(data, 'server.properties');
writeFileSync(
  settings,
  properties({ data, port, advertised: flags['advertise-port'] ?? port, controllerPort: await freePort() }),
);
if (!existsSync(join(data, 'log', 'meta.properties')))
  execFileSync(
    'java',
    ['-Xmx128m', ...logging, ...classPath, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', settings],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );

const heap = `${flags['heap-mb']}m`;
const broker = spawn(
  'java',
  [`-Xms${heap}`, `-Xmx${heap}`, '-XX:+UseSerialGC', ...logging, ...classPath, 'kafka.Kafka', settings],
  { stdio: ['ignore', 'ignore', 'pipe'] },
);
broker.stderr.on('data', (text) => {
  if (String(text).includes('Kafka Server started'))
    console.log(`Ready: kafka://127.0.0.1:${port}, broker process ${broker.pid}, data in ${data}`);
  process.stderr.write(text);
});
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => broker.kill('SIGTERM'));
broker.once('error', (error) => {
  console.error(`Java could not be started: ${error.message}`);
  process.exitCode = 1;
});
broker.once('exit', (code, signal) => {
  // 143: ended by the signal that was passed on.
  process.exitCode = signal === 'SIGTERM' || code === 143 ? 0 : (code ?? 1);
});
