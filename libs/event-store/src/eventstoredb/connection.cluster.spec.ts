import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { StreamName } from '@millrace/contracts';
import { newEvent } from '../contract.js';
import { NEW_STREAM } from '../event-store.js';
import { EventStoreDbEventStore, type EventStoreDbOptions } from './index.js';
import { TcpProxy } from './testing/tcp-proxy.js';
import { appendUntilKnown, chainIsWhole, failureOf, pause, streamOf, useOwnServer } from './testing/own-server.js';

/** Opening, networks that fail, several stores in one process. */
const server = useOwnServer();

test('closing one store fails nothing of another in the same process', async () => {
  const staying = await server.open();
  let stopped = false;
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let head = NEW_STREAM; !stopped;)
      ({ head } = await staying.append(streamOf(`w${writer}`), head, [newEvent()]));
  });
  for (let round = 0; round < 20; round += 1) {
    const leaving = await server.open();
    await leaving.append(streamOf(`l${round}`), NEW_STREAM, [newEvent()]);
    await leaving.close();
  }
  stopped = true;
  expect((await Promise.allSettled(writers)).map(({ status }) => status)).toEqual(writers.map(() => 'fulfilled'));
});

describe('a connection', () => {
  let proxy: TcpProxy;

  beforeEach(async () => {
    proxy = await TcpProxy.before(server.standIn.port);
  });

  afterEach(() => proxy.close());

  const openThrough = (more: Partial<EventStoreDbOptions> = {}) =>
    server.open({ connectionString: `esdb://127.0.0.1:${proxy.port}?tls=false`, ...more });

  test('cut between request and answer, hundreds of times: what happened is found, and nothing is there twice', async () => {
    let cuts = 0;
    let settledByReading = 0;
    const write = async (own: StreamName, count: number): Promise<void> => {
      const line = await TcpProxy.before(server.standIn.port);
      const store = await server.open({ connectionString: `esdb://127.0.0.1:${line.port}?tls=false` });
      const ids: string[] = [];
      let head = NEW_STREAM;
      for (let index = 0; index < count; index += 1) {
        const next = newEvent({ index });
        ids.push(next.metadata.id);
        line.cutAtNextAnswer();
        const before = line.cuts;
        const failed = await store.append(own, head, [next]).then(
          (appended) => {
            ({ head } = appended);
            return false;
          },
          () => true,
        );
        if (failed) head = await appendUntilKnown(store, own, head, [next]);
        else if (line.cuts > before) settledByReading += 1;
      }
      const { events } = await store.readStream(own);
      expect(events.map(({ metadata }) => metadata.id)).toEqual(ids);
      expect(chainIsWhole(events)).toBe(true);
      cuts += line.cuts;
      await line.close();
    };
    await Promise.all(Array.from({ length: 4 }, (_, writer) => write(streamOf(`w${writer}`), 60)));
    expect(cuts).toBeGreaterThanOrEqual(240);
    expect(settledByReading).toBeGreaterThan(0);
  });

  test('that is half open is given up for a new one: appends and subscriptions go on', async () => {
    const reader = await openThrough({ timeoutMs: 1_500, quietMs: 100 });
    const writer = await server.open();
    const abort = new AbortController();
    const seen: unknown[] = [];
    const following = (async () => {
      for await (const { events } of reader.subscribe({ after: 0n, signal: abort.signal }))
        seen.push(...events.map(({ data }) => data['number']));
    })();
    let head = NEW_STREAM;
    for (let number = 0; number < 4; number += 1) {
      ({ head } = await writer.append(streamOf('a'), head, [newEvent({ number })]));
      while (seen.length <= number) await pause();
      proxy.halfOpen();
    }
    expect(await appendUntilKnown(reader, streamOf('b'), NEW_STREAM, [newEvent({ number: 4 })])).toMatchObject({
      revision: 0,
    });
    while (seen.length < 5) await pause();
    abort.abort();
    await following;
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('opening', () => {
  test('by many at once gives the log one id', async () => {
    const opened = await Promise.all(Array.from({ length: 5 }, () => server.open()));
    expect(new Set(opened.map(({ logId }) => logId)).size).toBe(1);
  });

  test('where no server is says so at once, and may be tried again', async () => {
    await server.standIn.end();
    expect(await failureOf(server.open())).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: true,
      mayHaveHappened: false,
    });
  });

  test('with a useless address says what is expected, and not what was given', async () => {
    const error = await failureOf(EventStoreDbEventStore.open({ connectionString: 'http://ada:secret@host' }));
    expect(error).toMatchObject({ code: 'STORE_ADDRESS', retryable: false });
    expect(`${error.message} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain('secret');
  });

  test('with several hosts asks them who leads', async () => {
    const hosts = `esdb://127.0.0.1:1,127.0.0.1:${server.standIn.port}?tls=false`;
    const store = await server.open({ connectionString: hosts });
    expect(await store.append(streamOf('a'), NEW_STREAM, [newEvent()])).toMatchObject({ head: { revision: 0 } });
  });

  test('over TLS, by name and password', async () => {
    const [key, certificate] = [join(server.directory, 'key.pem'), join(server.directory, 'certificate.pem')];
    const request = [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', key, '-out', certificate],
    ];
    execFileSync('openssl', request, { stdio: 'ignore' });
    const flags = ['--tls-certificate', certificate, '--tls-key', key, '--credentials', 'ada:se+cret'];
    await server.replace(flags);
    const address = (password: string): string =>
      `esdb://ada:${password}@localhost:${server.standIn.port}?tls=true&tlsCAFile=${encodeURIComponent(certificate)}`;
    const store = await server.open({ connectionString: address('se%2Bcret') });
    expect(await store.append(streamOf('a'), NEW_STREAM, [newEvent()])).toMatchObject({ head: { revision: 0 } });
    const batches = store.subscribe({ after: 0n, signal: new AbortController().signal })[Symbol.asyncIterator]();
    expect((await batches.next()).value?.events).toHaveLength(1);
    expect(await failureOf(server.open({ connectionString: address('wrong') }))).toMatchObject({
      code: 'STORE_ACCESS_DENIED',
      retryable: false,
    });
    expect(
      await failureOf(server.open({ connectionString: `esdb://localhost:${server.standIn.port}?tls=true` })),
    ).toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });
});
