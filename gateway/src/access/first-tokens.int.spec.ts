import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { directCommands } from '@millrace/messaging';
import { createProjector } from '@millrace/read-models';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import { systemClock, systemTimers } from '@millrace/runtime';
import { accessReceiver } from './access.commands.js';
import { ensureAdminToken, ensureRunnerToken, type FirstTokens } from './first-tokens.js';
import { Principals } from './principals.js';
import { newSecret, tokenText } from './token-text.js';
import { tokensProjection } from './tokens.projection.js';

const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('the first tokens', () => {
  let directory: string;
  let store: SqliteEventStore;
  let readModels: SqliteReadModels;
  let first: FirstTokens;
  let principals: Principals | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-access-'));
    store = await SqliteEventStore.open({ directory });
    readModels = await SqliteReadModels.open({ directory, logId: store.logId });
    await readModels.declare(tokensProjection.name, [tokensProjection.collection]);
    const commands = directCommands(new Map([['access', accessReceiver(store, systemClock)]]));
    first = { dataDirectory: directory, store, commands };
  });

  afterEach(async () => {
    await principals?.close();
    principals = undefined;
    await readModels.close();
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  const start = async () =>
    (principals = await Principals.start({ store, readModels, clock: systemClock, timers: systemTimers, logger }));

  test('are written once and the same at every start', async () => {
    const admin = await ensureAdminToken(first);
    expect(await ensureAdminToken(first)).toBe(admin);
    const runner = await ensureRunnerToken(first);
    expect((await store.readAll()).events.map(({ type, data }) => [type, data['name'], data['role']])).toEqual([
      ['TokenCreated', 'admin', 'admin'],
      ['TokenCreated', 'runner', 'runner'],
    ]);
    await start();
    expect(principals?.viewer(admin)?.role).toBe('admin');
    expect(principals?.viewer(runner)).toMatchObject({ role: 'runner', actor: { kind: 'runner' } });
    expect((await readdir(directory)).filter((name) => /token\./.test(name))).toEqual([]);
  });

  test('a crash between the file and the log is mended by the next start', async () => {
    const written = tokenText({ tokenId: '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a001', secret: newSecret() });
    await writeFile(join(directory, 'admin-token'), `${written}\n`);
    expect(await ensureAdminToken(first)).toBe(written);
    await start();
    expect(principals?.viewer(written)?.role).toBe('admin');
  });

  test('a file that holds something else is left alone and named', async () => {
    await writeFile(join(directory, 'admin-token'), 'hello');
    await expect(ensureAdminToken(first)).rejects.toThrow(/admin-token holds no token/);
    expect(await readFile(join(directory, 'admin-token'), 'utf8')).toBe('hello');
  });

  test('a revoked one stays revoked, also after a restart that loads the view', async () => {
    const admin = await ensureAdminToken(first);
    const [event] = (await store.readAll()).events;
    const tokenId = String(event?.data['tokenId']);
    const commandId = '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a00f';
    await first.commands.send(
      { target: 'access', type: 'RevokeToken', data: { tokenId } },
      {
        commandId,
        project: 'default',
        correlationId: commandId,
        actor: { kind: 'person', id: 'a', name: 'Ada', issuer: 'millrace' },
      },
    );
    const projector = createProjector({ store, readModels, projections: [tokensProjection] });
    await projector.start();
    await projector.reached((await store.head()).position, 5_000);
    await projector.stop();
    await start();
    expect(principals?.viewer(admin)).toBeUndefined();
    expect(await ensureAdminToken(first)).toBe(admin);
    expect(principals?.viewer(admin)).toBeUndefined();
  });

  test('are followed in the log, whatever the views are doing', async () => {
    await start();
    const admin = await ensureAdminToken(first);
    await principals?.reached((await store.head()).position);
    expect(await readModels.checkpoint(tokensProjection.name)).toBe(0n);
    expect(principals?.viewer(admin)?.role).toBe('admin');
  });

  test('nobody is let in once the log can’t be read any more', async () => {
    const admin = await ensureAdminToken(first);
    await start();
    const commandId = '0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a00e';
    const metadata = {
      id: commandId,
      commandId,
      time: '2026-03-01T12:00:00.000Z',
      project: 'default',
      correlationId: commandId,
      actor: { kind: 'service' as const, id: 'later', name: 'later', issuer: 'millrace' },
    };
    const stream = 'token-default/0b8a8a3e-7f3a-4b53-9b75-3c1de3a3a0ff' as Parameters<typeof store.readStream>[0];
    const { head } = await store.readStream(stream);
    const { position } = await store.append(stream, head, [
      { type: 'TokenNarrowed', version: 1, data: { tokenId: 'x' }, metadata },
    ]);
    await principals?.reached(position);
    expect(principals?.failure).toBeDefined();
    expect(principals?.viewer(admin)).toBeUndefined();
  });
});
