import type { StreamName } from '@millrace/contracts';
import type { Head } from './event-store.js';

/** A decider's state at a head, as plain JSON. Dropping it costs only time (docs/decisions/0006). */
export interface Snapshot {
  readonly head: Head;
  readonly state: unknown;
  /** The command ids that the state knows, oldest first, with the first answer's revision and position. */
  readonly commands: readonly { readonly id: string; readonly revision: number; readonly position: string }[];
}

export interface Snapshots {
  /** Undefined when there is none of this decider's name and version. */
  load(stream: StreamName, decider: { readonly name: string; readonly version: number }): Promise<Snapshot | undefined>;
  save(
    stream: StreamName,
    decider: { readonly name: string; readonly version: number },
    snapshot: Snapshot,
  ): Promise<void>;
}
