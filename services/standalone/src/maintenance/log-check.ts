import type { EventMetadata, JsonObject } from '@millrace/contracts';
import { verifyLog, type LogFault, type Position, type StoredEvent, type StoredLog } from '@millrace/event-store';
import type { SqliteLogReader } from '@millrace/event-store/sqlite';
import { LOG_FILE } from './data-directory.js';
import { knownEvent } from '@millrace/contracts/known-event';
import type { Findings } from './findings.js';
import type { Holdings } from './holdings.js';
import { breathe, type Work } from './progress.js';

export interface LogChecked {
  readonly events: number;
  readonly streams: number;
  /** Everything up to here was looked at. */
  readonly position: Position;
}

const TAIL_ADVICE = 'Restore a backup, or start with --accept-loss to go on without what is gone.';
export const LOG_ADVICE = 'Stop the platform, check the disk, and restore a backup.';

/**
 * Reads every event as it lies on the disk: hash chains, revisions and positions without a gap, witnesses, types that this release reads,
 * the ids of a command. What it passes it hands to `holdings`.
 */
export async function checkLog(
  reader: SqliteLogReader,
  found: { readonly findings: Findings; readonly holdings: Holdings },
  work: Work,
): Promise<LogChecked> {
  const { findings, holdings } = found;
  const events = new EventChecks(findings, holdings);
  const observed: StoredLog = {
    selfCheck: () => reader.selfCheck(),
    readStored: (after, limit) => {
      const page = reader.readStored(after, limit);
      for (const event of page.events) events.check(event);
      return page;
    },
  };
  const of = Number((await reader.head()).position);
  let [read, position] = [0, 0n];
  for await (const step of verifyLog(observed)) {
    for (const fault of step.faults) addFault(findings, fault);
    ({ events: read, position } = step);
    work.onProgress({ step: 'events', done: read, of: Math.max(of, read) });
    await breathe(work);
  }
  return { events: read, streams: events.streams.size, position };
}

function addFault(findings: Findings, fault: LogFault): void {
  const { position, stream, revision, problem } = fault;
  if (stream !== undefined)
    return findings.add(
      'CHAIN_BROKEN',
      `${stream} revision ${revision} (position ${position})`,
      `${sentence(problem)} ${LOG_ADVICE}`,
    );
  if (position !== undefined)
    return findings.add('EVENTS_MISSING', `position ${position}`, `${sentence(problem)} ${LOG_ADVICE}`);
  if (fault.witnessed === true) findings.add('TAIL_MISSING', LOG_FILE, `${sentence(problem)} ${TAIL_ADVICE}`);
  else findings.add('LOG_FILE_DAMAGED', LOG_FILE, `${sentence(problem)} ${LOG_ADVICE}`);
}

function sentence(problem: string): string {
  const text = problem.replace(/^the /, 'The ');
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** What a sound chain does not say of an event. */
class EventChecks {
  readonly streams = new Set<string>();
  /** Of the command whose events are passing: they stand next to each other, since one append wrote them. */
  private command = { id: '', eventIds: new Set<string>() };

  constructor(
    private readonly findings: Findings,
    private readonly holdings: Holdings,
  ) {}

  check(event: StoredEvent): void {
    this.streams.add(event.stream);
    const metadata = parse<EventMetadata>(event.metadataBytes);
    const data = parse<JsonObject>(event.dataBytes);
    // What is no JSON is named by the check of the chain.
    if (metadata === undefined || data === undefined) return;
    this.checkId(event, metadata);
    this.checkType(event, metadata, data);
  }

  private checkId(event: StoredEvent, { id, commandId }: EventMetadata): void {
    if (this.command.id !== commandId) this.command = { id: commandId, eventIds: new Set() };
    if (this.command.eventIds.has(id))
      this.findings.add(
        'EVENT_ID_REPEATED',
        place(event),
        `The event id ${id} stands twice among the events of command ${commandId}; consumers would take the second for a repetition. ${LOG_ADVICE}`,
      );
    this.command.eventIds.add(id);
  }

  private checkType(event: StoredEvent, metadata: EventMetadata, data: JsonObject): void {
    const { type, version, project } = metadata;
    const category = event.stream.slice(0, event.stream.indexOf('-'));
    try {
      const fact = knownEvent({ category, type, version, data });
      if (category === 'artifact') this.holdings.add(fact, { project, stream: event.stream });
    } catch (error) {
      const reason = Error.isError(error) ? error.message : String(error);
      this.findings.add(
        'EVENT_UNKNOWN',
        place(event),
        `This release can't read the event: ${reason} Views and consumers stop there. Start the release that wrote it.`,
      );
    }
  }
}

function place({ stream, revision, position }: StoredEvent): string {
  return `${stream} revision ${revision} (position ${position})`;
}

function parse<T>(bytes: Uint8Array): T | undefined {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as T;
  } catch {
    return undefined;
  }
}
