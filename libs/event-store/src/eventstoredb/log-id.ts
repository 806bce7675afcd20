import { randomUUID } from 'node:crypto';
import type { Connection } from './connection.js';
import { isStreamNotFound, isWrongExpectedVersion, unavailable } from './failures.js';

/** Holds the log's id. No category of ours, so that it is no event of the log: no reader sees it, and no position of ours is its. */
const LOG_STREAM = 'millrace-log';
const LOG_CREATED = 'LogCreated';

/** The id that the first process to come has given the log. */
export async function logIdOf(connection: Connection): Promise<string> {
  const known = await readLogId(connection);
  if (known !== undefined) return known;
  const { jsonEvent, NO_STREAM } = connection.driver;
  const created = jsonEvent({ type: LOG_CREATED, data: { logId: randomUUID() } });
  try {
    await connection.call((client, deadline) =>
      client.appendToStream(LOG_STREAM, created, { expectedRevision: NO_STREAM, deadline, requiresLeader: true }),
    );
  } catch (error) {
    if (!isWrongExpectedVersion(error)) throw error;
  }
  // Read back in any case: of two that create it at once, one is told of a conflict.
  return (await readLogId(connection)) ?? Promise.reject(unavailable(undefined));
}

/** Undefined where there is no log yet. */
export async function readLogId(connection: Connection): Promise<string | undefined> {
  try {
    const [first] = await connection.collect((client) =>
      client.readStream(LOG_STREAM, { maxCount: 1, requiresLeader: true }),
    );
    const logId = (first?.event?.data as { logId?: unknown } | undefined)?.logId;
    return typeof logId === 'string' ? logId : undefined;
  } catch (error) {
    if (isStreamNotFound(error)) return undefined;
    throw error;
  }
}
