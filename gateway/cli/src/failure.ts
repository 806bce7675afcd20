/** What a script can tell from the exit code (docs/cli.md). */
export const EXIT = {
  ok: 0,
  /** The thing that was asked about has failed: an execution, a verification. */
  failed: 1,
  usage: 2,
  /** The platform's rules forbid it, or there is no such thing. */
  refused: 3,
  /** The platform can't be reached or can't work at the moment; trying again later is safe. */
  unavailable: 4,
  /** No token, a void one, or one whose role does not reach so far. */
  forbidden: 5,
  /** A defect of this command. */
  defect: 70,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface Finding {
  /** Where in the definition. */
  readonly path: string;
  readonly message: string;
  readonly code?: string | null;
  /** 1-based line of the file, where it is known. */
  readonly line?: number;
}

export interface FailureDetails {
  readonly findings?: readonly Finding[];
  /** Whose lines the findings name. */
  readonly file?: string;
  /** Under which the platform's log knows more. */
  readonly correlationId?: string;
  readonly cause?: unknown;
}

/** An end that people shall read: a sentence that says what to do, and the exit code that says it to scripts. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly exitCode: ExitCode,
    /** Stable, for programs. */
    readonly code: string,
    message: string,
    readonly details: FailureDetails = {},
  ) {
    super(message, { cause: details.cause });
  }
}

/** Across copies of this module. */
export function isFailure(error: unknown): error is Failure {
  return Error.isError(error) && error.name === 'Failure';
}

export function usage(message: string): Failure {
  return new Failure(EXIT.usage, 'USAGE', message);
}

export function refused(code: string, message: string): Failure {
  return new Failure(EXIT.refused, code, message);
}

/** The sentence of whatever was thrown. */
export function sentenceOf(error: unknown): string {
  return Error.isError(error) ? error.message : String(error);
}

/** `ENOENT` and its kind. */
export function systemCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  return typeof code === 'string' ? code : systemCodeOf(cause);
}
