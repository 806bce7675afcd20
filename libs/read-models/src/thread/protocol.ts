import type { Position, Snapshot } from '@millrace/event-store';
import type { OperationalError } from '@millrace/runtime';
import type { Stop } from '../projection-run.js';

/** What is told across threads of a failure; its cause stays where it happened. */
export interface ToldFailure {
  readonly name: string;
  readonly message: string;
  /** Of an OperationalError. */
  readonly operational?: Pick<OperationalError, 'retryable' | 'mayHaveHappened' | 'code'>;
}

/** To the thread that projects. */
export type ToProjector =
  /** The log has moved on. */
  | { readonly type: 'wake' }
  | { readonly type: 'rebuild'; readonly id: number; readonly projection: string }
  | {
      readonly type: 'save-snapshot';
      readonly id: number;
      readonly stream: string;
      readonly decider: { readonly name: string; readonly version: number };
      readonly snapshot: Snapshot;
    }
  /** Ends after the batch in hand; nothing is answered afterwards. */
  | { readonly type: 'stop' };

/** From the thread that projects. */
export type FromProjector =
  /** It follows the log; checkpoints below are in the order of these names. */
  | { readonly type: 'started'; readonly projections: readonly string[]; readonly checkpoints: readonly Position[] }
  | { readonly type: 'applied'; readonly checkpoints: readonly Position[] }
  /** Null: it runs again. */
  | { readonly type: 'stopped'; readonly projection: string; readonly by: Stop | null }
  | { readonly type: 'retry'; readonly failure: ToldFailure; readonly attempt: number }
  | { readonly type: 'notice'; readonly message: string }
  | { readonly type: 'progress'; readonly id: number; readonly done: Position; readonly of: Position }
  | { readonly type: 'answer'; readonly id: number; readonly value: number }
  | { readonly type: 'failure'; readonly id: number; readonly failure: ToldFailure };

/** One end of a connection between two threads: a Worker, a MessagePort, or `parentPort`. */
export interface Channel<Send, Receive> {
  postMessage(message: Send): void;
  on(event: 'message', listener: (message: Receive) => void): unknown;
}
