import type { Actor } from './actor.js';
import type { Decision } from './decision.js';

/** What somebody wants. `at` and `by` are stamped by the command handler, so that a rule needs no clock and no session. */
export interface Command<T extends string = string, D = unknown> {
  readonly type: T;
  readonly data: D;
  /** When the command reached its owner, ISO 8601 UTC with milliseconds. */
  readonly at: string;
  readonly by: Actor;
}

/** A context's rules over one stream. Both functions are pure: no clock, randomness, identifiers, logging or promises. */
export interface Decider<C, S, E, R extends string = string> {
  /** Keys snapshots together with `version`; e.g. `traffic`. */
  readonly name: string;
  /** Raised whenever `evolve` or the state's shape changes: older snapshots are then ignored. */
  readonly version: number;
  readonly initial: S;
  readonly decide: (command: C, state: S) => Decision<E, R>;
  /** Never refuses: a fact has happened. */
  readonly evolve: (state: S, event: E) => S;
}
