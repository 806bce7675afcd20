import type { LogReader, Position, RecordedEvent } from '@millrace/event-store';
import { SqliteLogReader } from '@millrace/event-store/sqlite';
import { requireData } from './data-directory.js';
import type { ExportOptions, ExportReport, OnProgress } from '@millrace/contracts/maintenance';
import { breathe, throttled } from './progress.js';
import { asRefusal, MaintenanceRefusal } from './refusal.js';

const PAGE_EVENTS = 500;
const CURSOR = /^(?:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.)?(0|[1-9]\d{0,17})$/;

/**
 * Every event up to the end of the log as it was at the beginning, in the log's order; works while the platform runs. A line holds all
 * that is hashed, as it was hashed: `hash` is SHA-256 over the stream's previous hash (64 zeros before the first), the text of `metadata`
 * and the text of `data`.
 *
 * @throws MaintenanceRefusal `NO_DATA`, `NEWER_FORMAT`, `BAD_CURSOR`, `CURSOR_FROM_ANOTHER_LOG`.
 */
export function exportEvents(options: ExportOptions, onProgress: OnProgress): Promise<ExportReport> {
  return asRefusal(async () => {
    requireData(options.dataDirectory);
    const reader = SqliteLogReader.open({ directory: options.dataDirectory });
    try {
      return await exportFrom(reader, options, throttled(onProgress));
    } finally {
      await reader.close();
    }
  });
}

async function exportFrom(reader: LogReader, options: ExportOptions, onProgress: OnProgress): Promise<ExportReport> {
  const end = (await reader.head()).position;
  let position = parseCursor(reader.logId, options.after ?? '0');
  let events = 0;
  while (position < end) {
    await breathe(options);
    const batch = await reader.readAll({ after: position, limit: PAGE_EVENTS });
    for (const event of batch.events) {
      if (event.position > end) break;
      await options.write(lineOf(reader.logId, event));
      position = event.position;
      events += 1;
    }
    if (batch.caughtUp) position = position > end ? position : end;
    onProgress({ step: 'events', done: Number(position), of: Number(end) });
  }
  return { events, head: `${reader.logId}.${position}` };
}

function lineOf(logId: string, event: RecordedEvent): string {
  const { position, stream, revision, type, version, metadata, data, hash } = event;
  const { time } = metadata;
  return JSON.stringify({
    position: `${logId}.${position}`,
    stream,
    revision,
    type,
    version,
    time,
    data,
    metadata,
    hash,
  });
}

function parseCursor(logId: string, cursor: string): Position {
  const [, log, position] = CURSOR.exec(cursor) ?? [];
  if (position === undefined)
    throw new MaintenanceRefusal(
      'BAD_CURSOR',
      `A place in the log looks like \`${logId}.42\` or \`42\`, not ${JSON.stringify(cursor.slice(0, 80))}.`,
    );
  if (log === undefined || log === logId) return BigInt(position);
  throw new MaintenanceRefusal(
    'CURSOR_FROM_ANOTHER_LOG',
    `The place ${cursor} belongs to another log than ${logId}: the installation was replaced or restored. Begin anew without it.`,
  );
}
