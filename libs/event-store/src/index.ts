export { NEW_STREAM, APPEND_BYTES_MAX, StreamConflict, isStreamConflict } from './event-store.js';
export type {
  Appended,
  EventBatch,
  EventStore,
  Head,
  LogHead,
  NewEvent,
  Position,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  StreamSlice,
  SubscribeOptions,
} from './event-store.js';
export { encodeEvent, chainHash } from './encoding.js';
export type { EncodedEvent } from './encoding.js';
export { commandHandler } from './command-handler.js';
export type {
  CommandAnswer,
  CommandContext,
  CommandHandler,
  CommandHandlerOptions,
  Envelope,
} from './command-handler.js';
export type { Snapshot, Snapshots } from './snapshots.js';
