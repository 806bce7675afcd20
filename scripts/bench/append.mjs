// Durable appends: the embedded event store beside bare node:sqlite with the same rows and the same durability, in one run.
// Alone: `npm run build && npx -c 'node scripts/bench/append.mjs'`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { NEW_STREAM } from '@millrace/event-store';
import { SqliteEventStore } from '@millrace/event-store/sqlite';

const BATCHES = [1, 10, 100];
const WRITERS = [16, 64, 256];
const STREAM_EVENTS = 30;
const WARM_UP = 20;

/** @param {{ secondsEach?: number, log?: (line: string) => void }} [options] */
export async function benchAppends({ secondsEach = 1.5, log = console.log } = {}) {
  const results = [];
  for (const batch of BATCHES) {
    const { ours, bare } = await inDirectory((directory) => turnAbout(directory, batch, secondsEach * 2));
    results.push(figure(`appends/s of ${batch} event${batch === 1 ? '' : 's'}, one writer`, ours, 'appends/s', bare));
  }
  const single = results[0].reference;
  for (const writers of WRITERS) {
    const value = await inDirectory((directory) => storeAppends(directory, writers, secondsEach));
    results.push(figure(`events/s, ${writers} writers of 1 event`, value, 'events/s', single));
  }
  for (const { name, value, unit, reference, ratio } of results)
    log(
      `${name.padEnd(40)} ${Math.round(value).toLocaleString('en')} ${unit}, bare SQLite ${Math.round(reference).toLocaleString('en')}, ratio ${ratio.toFixed(2)}`,
    );
  return results;
}

function figure(name, value, unit, reference) {
  return { name, value, unit, reference, ratio: value / reference };
}

async function inDirectory(run) {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    return await run(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Like a real one: an execution's fact with a service behind it. Ready made but for its id, as the bare rows are. */
function eventOf(number) {
  const id = `0f8fad5b-d9cb-469f-a165-${String(number).padStart(12, '0')}`;
  return { ...TEMPLATE, metadata: { ...TEMPLATE.metadata, id } };
}

const TEMPLATE = {
  type: 'ActionSucceeded',
  version: 1,
  data: {
    stage: 'Build',
    action: 'Compile',
    actionExecutionId: '7c9e6679-7425-40de-944b-e07fc1f90ae8',
    endedAt: '2026-11-24T12:00:00.000Z',
    outputVariables: { CommitId: 'a94a8fe5ccb19ba61c4c0873d391e987982fbbd3', BranchName: 'main' },
    externalExecutionUrl: 'https://ci.example.com/builds/1234',
    summary: 'Compiled 214 files.',
  },
  metadata: {
    time: '2026-11-24T12:00:00.000Z',
    project: 'default',
    pipelineId: '3b1f6d0a-9c3e-4d0f-8f7a-2f1f5c9b8a10',
    commandId: '9c5b94b1-35ad-49bb-b118-8e8fc24abf80',
    actor: { kind: 'service', id: 'execution.action-ended.v1', name: 'execution.action-ended.v1', issuer: 'millrace' },
    correlationId: '0f8fad5b-d9cb-469f-a165-70867728950e',
    causationId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  },
};

/** One append here, one there, so that a slow moment of the machine meets both. */
async function turnAbout(directory, batch, seconds) {
  const store = await SqliteEventStore.open({ directory: join(directory, 'store') });
  const bare = openBare(join(directory, 'bare.sqlite'));
  const spent = { ours: 0, bare: 0 };
  let stream = 0;
  let head = NEW_STREAM;
  let appends = 0;
  for (const until = performance.now() + seconds * 1000; performance.now() < until; appends += 1) {
    const start = performance.now();
    bare.append(batch);
    const between = performance.now();
    if (head.revision >= STREAM_EVENTS) {
      stream += 1;
      head = NEW_STREAM;
    }
    ({ head } = await store.append(`execution-default/${stream}`, head, batchOf(batch)));
    // The first few warm up.
    if (appends < WARM_UP) continue;
    spent.bare += between - start;
    spent.ours += performance.now() - between;
  }
  await store.close();
  bare.close();
  const counted = appends - WARM_UP;
  return { ours: (counted / spent.ours) * 1000, bare: (counted / spent.bare) * 1000 };
}

let number = 0;
function batchOf(size) {
  return Array.from({ length: size }, () => eventOf(++number));
}

async function storeAppends(directory, writers, seconds) {
  const store = await SqliteEventStore.open({ directory });
  const until = performance.now() + seconds * 1000;
  let appends = 0;
  const write = async (writer) => {
    for (let stream = 0; ; stream += 1) {
      let head = NEW_STREAM;
      do {
        if (performance.now() > until) return;
        ({ head } = await store.append(`execution-default/${writer}.${stream}`, head, batchOf(1)));
        appends += 1;
      } while (head.revision < STREAM_EVENTS);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  const rate = appends / ((performance.now() - start) / 1000);
  await store.close();
  return rate;
}

/** The same tables, rows and durability, one transaction an append; the rows are ready made. */
function openBare(path) {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000;
    CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE events (position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, revision INTEGER NOT NULL, category TEXT NOT NULL,
      hash TEXT NOT NULL, metadata TEXT NOT NULL, data TEXT NOT NULL) STRICT;
    CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);`);
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const insert = database.prepare(
    'INSERT INTO events (position, stream, revision, category, hash, metadata, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const insertStream = database.prepare('INSERT INTO streams (name) VALUES (?)');
  const hash = '7'.repeat(64);
  const { metadata, data, type, version } = eventOf(0);
  const metadataText = JSON.stringify({ ...metadata, type, version, stream: 'execution-default/0', revision: 10 });
  const dataText = JSON.stringify(data);
  let position = 0;
  let stream = 0;
  let revision = STREAM_EVENTS + 1;
  return {
    append(batch) {
      begin.run();
      if (revision > STREAM_EVENTS) {
        stream = Number(insertStream.run(`execution-default/${position}`).lastInsertRowid);
        revision = 0;
      }
      for (let index = 0; index < batch; index += 1)
        insert.run(++position, stream, revision++, 'execution', hash, metadataText, dataText);
      commit.run();
    },
    close: () => database.close(),
  };
}

if (import.meta.main) await benchAppends();
