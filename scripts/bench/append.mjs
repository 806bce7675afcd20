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

/** @param {{ secondsEach?: number, log?: (line: string) => void }} [options] */
export async function benchAppends({ secondsEach = 1.5, log = console.log } = {}) {
  const results = [];
  for (const batch of BATCHES) {
    // Turn about, so that a slow moment of the disk does not meet one side alone.
    const ours = [];
    const bare = [];
    for (let round = 0; round < 3; round += 1) {
      bare.push(await inDirectory((directory) => bareAppends(directory, batch, secondsEach / 3)));
      ours.push(await inDirectory((directory) => storeAppends(directory, batch, 1, secondsEach / 3)));
    }
    results.push(
      figure(
        `appends/s of ${batch} event${batch === 1 ? '' : 's'}, one writer`,
        median(ours),
        'appends/s',
        median(bare),
      ),
    );
  }
  const single = results[0].reference;
  for (const writers of WRITERS) {
    const value = await inDirectory((directory) => storeAppends(directory, 1, writers, secondsEach));
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

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
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

async function storeAppends(directory, batch, writers, seconds) {
  const store = await SqliteEventStore.open({
    directory,
    onFatal: (error) => {
      throw error;
    },
  });
  const until = performance.now() + seconds * 1000;
  let appends = 0;
  let events = 0;
  const write = async (writer) => {
    for (let stream = 0; ; stream += 1) {
      let head = NEW_STREAM;
      do {
        if (performance.now() > until) return;
        const batchOf = Array.from({ length: batch }, () => eventOf(++events));
        ({ head } = await store.append(`execution-default/${writer}.${stream}`, head, batchOf));
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

/** The same tables, rows and pragmas, one transaction an append; the rows are ready made. */
async function bareAppends(directory, batch, seconds) {
  const database = new DatabaseSync(join(directory, 'bare.sqlite'));
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000;
    CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE events (position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, revision INTEGER NOT NULL, category TEXT NOT NULL,
      hash BLOB NOT NULL, metadata BLOB NOT NULL, data BLOB NOT NULL) STRICT;
    CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);`);
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const insert = database.prepare(
    'INSERT INTO events (position, stream, revision, category, hash, metadata, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const insertStream = database.prepare('INSERT INTO streams (name) VALUES (?)');
  const hash = Buffer.alloc(32, 7);
  const { metadata, data, type, version } = eventOf(0);
  const metadataBytes = Buffer.from(
    JSON.stringify({ ...metadata, type, version, stream: `execution-default/0.0`, revision: 10 }),
  );
  const dataBytes = Buffer.from(JSON.stringify(data));
  const start = performance.now();
  const until = start + seconds * 1000;
  let position = 0;
  let appends = 0;
  let stream = 0;
  let revision = STREAM_EVENTS + 1;
  while (performance.now() < until) {
    begin.run();
    if (revision > STREAM_EVENTS) {
      stream = Number(insertStream.run(`execution-default/0.${position}`).lastInsertRowid);
      revision = 0;
    }
    for (let index = 0; index < batch; index += 1)
      insert.run(++position, stream, revision++, 'execution', hash, metadataBytes, dataBytes);
    commit.run();
    appends += 1;
  }
  const rate = appends / ((performance.now() - start) / 1000);
  database.close();
  return rate;
}

if (import.meta.main) await benchAppends();
