import type { ActionLogs } from '@millrace/action-logs';
import type { EventStore } from '@millrace/event-store';
import type { LiveFeed } from '../ports.js';
import type { DocumentFeed } from './document-feed.js';
import { followEvents } from './event-tail.js';
import { followLog } from './log-tail.js';

/** Documents from the views, events from the log, output from the action logs. */
export function liveFeed(documents: DocumentFeed, store: EventStore, logs: ActionLogs): LiveFeed {
  return {
    watch: (selection) => documents.watch(selection),
    events: (after, filter) => followEvents(store, after, filter),
    log: (log, offset) => followLog(logs, log, offset),
  };
}
