// Appends from several writers until it is killed, and says on standard output what was acknowledged, a line at once.
// Arguments: directory, writers, appends a writer (0: without end), events an append.
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { streams } from '@millrace/contracts';
import { NEW_STREAM, type NewEvent } from '@millrace/event-store';
import { SqliteEventStore } from '@millrace/event-store/sqlite';

const [directory = '', writers = '1', appends = '0', size = '1'] = process.argv.slice(2);
const say = (...words: readonly (string | number)[]): void => void writeSync(1, `${words.join(' ')}\n`);

const event = (): NewEvent => ({
  type: 'Happened',
  version: 1,
  data: { text: 'x'.repeat(300) },
  metadata: {
    id: randomUUID(),
    time: '2026-11-24T12:00:00.000Z',
    project: 'default',
    commandId: randomUUID(),
    actor: { kind: 'service', id: 'load', name: 'load', issuer: 'millrace' },
    correlationId: 'c',
  },
});

async function write(store: SqliteEventStore): Promise<void> {
  const stream = streams.execution('default', randomUUID());
  let head = NEW_STREAM;
  for (let count = 0; appends === '0' || count < Number(appends); count += 1) {
    ({ head } = await store.append(
      stream,
      head,
      Array.from({ length: Number(size) }, () => event()),
    ));
    say('acknowledged', stream, head.revision, head.hash);
  }
}

const store = await SqliteEventStore.open({
  directory,
  ballastBytes: 0,
  witnessEveryMs: 20,
  onFatal: (error) => {
    say('fatal', error.code);
    // What a platform does: it stops, and a new process opens what is really there.
    setImmediate(() => process.exit(70));
  },
});
say('ready');
const results = await Promise.allSettled(Array.from({ length: Number(writers) }, () => write(store)));
for (const result of results)
  if (result.status === 'rejected')
    say(
      'refused',
      String((result.reason as { code?: unknown }).code),
      String((result.reason as { mayHaveHappened?: unknown }).mayHaveHappened),
    );
await store.close();
say('closed');
