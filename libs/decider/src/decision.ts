/** The rule allows the command; `events` are the facts it makes true, possibly none (the command changes nothing). */
export interface Accepted<E> {
  readonly accepted: true;
  readonly events: readonly E[];
}

/** The rule forbids the command. Nothing has happened and nothing is recorded: repeated, it is decided again. */
export interface Refused<R extends string = string> {
  readonly accepted: false;
  /** Stable, for programs. */
  readonly code: R;
  /** For people; says what to do where there is something to do. */
  readonly message: string;
  /** Further findings, for instance every violation of a definition. */
  readonly details?: readonly RefusalDetail[];
}

export interface RefusalDetail {
  /** Where in the input, e.g. `pipeline.stages.1.actions.2.runOrder`; empty for the whole. */
  readonly path: string;
  readonly message: string;
  readonly code?: string;
}

export type Decision<E, R extends string = string> = Accepted<E> | Refused<R>;

export function accept<E>(...events: readonly E[]): Accepted<E> {
  return { accepted: true, events };
}

export function refuse<R extends string>(code: R, message: string, details?: readonly RefusalDetail[]): Refused<R> {
  return details === undefined ? { accepted: false, code, message } : { accepted: false, code, message, details };
}
