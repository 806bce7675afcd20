export { NEW_STREAM, APPEND_BYTES_MAX, READ_LIMIT_MAX, StreamConflict, isStreamConflict } from './event-store.js';
export type {
  Appended,
  EventBatch,
  EventStore,
  Head,
  LogHead,
  LogReader,
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
export { memorySnapshots } from './memory-snapshots.js';
export { Lanes } from './lanes.js';
export type { Snapshot, Snapshots } from './snapshots.js';
export { verifyLog } from './verify-log.js';
export type { LogFault, StoredEvent, StoredLog, StoredPage, VerifiableLog, VerifyProgress } from './verify-log.js';
