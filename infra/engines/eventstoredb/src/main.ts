import { parseArgs } from 'node:util';
import { startStandIn } from './server.ts';

const USAGE =
  'start.mjs --data <directory> [--port <port, default 2113>] [--tls-certificate <pem> --tls-key <pem> [--credentials <user:password>]] [--max-append-size <bytes>]';

/** Runs until SIGTERM or SIGINT. Prints one line with the connection string when it is ready. */
export async function main(argumentsGiven: readonly string[]): Promise<void> {
  console.log(
    'This is a stand-in for EventStoreDB, for development and tests. It is not EventStoreDB: keep nothing in it.',
  );
  const { values } = parseArgs({
    args: [...argumentsGiven],
    options: {
      data: { type: 'string' },
      port: { type: 'string', default: '2113' },
      'tls-certificate': { type: 'string' },
      'tls-key': { type: 'string' },
      credentials: { type: 'string' },
      'max-append-size': { type: 'string' },
    },
  });
  const { data: directory, 'tls-certificate': certificateFile, 'tls-key': privateKeyFile, credentials } = values;
  if (directory === undefined) {
    console.error(USAGE);
    process.exit(2);
  }
  const size = values['max-append-size'];
  const standIn = await startStandIn({
    directory,
    port: Number(values.port),
    ...(certificateFile === undefined || privateKeyFile === undefined
      ? {}
      : { tls: { certificateFile, privateKeyFile } }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(size === undefined ? {} : { maxAppendSize: Number(size) }),
  });
  const isSecure = certificateFile !== undefined;
  console.log(`Ready: esdb://127.0.0.1:${standIn.port}?tls=${isSecure}, process ${process.pid}, data in ${directory}`);
  const stop = (): void => {
    standIn.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
