import type { Decider } from './decider.js';
import type { Decision } from './decision.js';

/** What can be said after `when`. */
export interface DeciderThen<E, R extends string> {
  /** Exactly these facts, in this order; none means that the command was accepted and changed nothing. */
  then(...events: readonly E[]): void;
  thenRefused(code: R): void;
  /** For assertions on a part, e.g. `expect.objectContaining`. */
  thenDecision(check: (decision: Decision<E, R>) => void): void;
}

export interface DeciderGiven<C, E, R extends string> {
  when(command: C): DeciderThen<E, R>;
  /** Folds the outcome of a command into the history; it must be accepted. */
  after(command: C): DeciderGiven<C, E, R>;
}

/** Given facts, when a command, then facts or a refusal. */
export function deciderSpec<C, S, E, R extends string>(decider: Decider<C, S, E, R>) {
  const given = (...history: readonly E[]): DeciderGiven<C, E, R> => {
    const state = history.reduce(decider.evolve, decider.initial);
    return {
      when(command) {
        const decision = decider.decide(command, state);
        return {
          then: (...events) => expect(decision).toEqual({ accepted: true, events }),
          thenRefused: (code) => expect(decision).toMatchObject({ accepted: false, code }),
          thenDecision: (check) => check(decision),
        };
      },
      after(command) {
        const decision = decider.decide(command, state);
        if (!decision.accepted) throw new Error(`Refused: ${decision.code} ${decision.message}`);
        return given(...history, ...decision.events);
      },
    };
  };
  return given;
}
