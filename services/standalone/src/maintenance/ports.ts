/**
 * What tools do to the data of one machine, beside or instead of a running platform. The command line asks for exactly this
 * (gateway/cli, `maintenance.ports.ts`): the members and codes here are part of that agreement.
 *
 * Every function throws a MaintenanceRefusal for what a person can mend. Paths are absolute. All of them end when `signal` is aborted,
 * and then reject with its reason, leaving nothing half done under the name that was asked for.
 */
export interface OnData {
  /** The data directory. */
  readonly dataDirectory: string;
  readonly signal: AbortSignal;
}

export interface Progress {
  /** What is done now, e.g. `events`, `artifacts`. */
  readonly step: string;
  readonly done: number;
  /** Undefined: not known. */
  readonly of?: number;
}

/** Called at most some ten times a second. */
export type OnProgress = (progress: Progress) => void;

export interface VerifyReport {
  /** True when no promise is broken. */
  readonly ok: boolean;
  /** Everything up to here was looked at, as `<logId>.<number>`; empty when the log can't be read. */
  readonly head: string;
  /** How much was looked at, by kind: `events`, `streams`, `documents`, `logs`, `artifacts`. */
  readonly checked: Readonly<Record<string, number>>;
  /** Broken promises, at most {@link FINDINGS_MAX} of a code; a last one says how many there are beyond. */
  readonly findings: readonly VerifyFinding[];
  /** What is worth knowing and breaks no promise, e.g. an object that nothing names. */
  readonly remarks: readonly VerifyFinding[];
}

export interface VerifyFinding {
  /** Stable, for programs; docs/operations.md lists them. */
  readonly code: string;
  /** What is broken: a stream and its revision, a document, a file below the data directory. */
  readonly subject: string;
  /** What was promised, what is there, and what to do. */
  readonly message: string;
}

export const FINDINGS_MAX = 100;

export interface RebuildOptions extends OnData {
  /** Names of projections; empty: all. */
  readonly projections: readonly string[];
}

export interface RebuildReport {
  readonly rebuilt: readonly { readonly name: string; readonly documents: number; readonly durationMs: number }[];
}

export interface ExportOptions extends OnData {
  /** Events behind this position, `<logId>.<number>` or a number. Default: all. */
  readonly after?: string;
  /** One JSON text without line breaks per event. Awaited, so a slow reader slows the export down. */
  readonly write: (line: string) => Promise<void>;
}

export interface ExportReport {
  readonly events: number;
  /** Position of the last one, as `<logId>.<number>`; without one, where the export began. */
  readonly head: string;
}

export interface BackupOptions extends OnData {
  /** A directory that is not there yet. */
  readonly target: string;
}

export interface BackupReport {
  /** Everything up to here is in it. */
  readonly head: string;
  readonly bytes: number;
  readonly files: number;
}

export interface RestoreOptions extends OnData {
  /** A backup. */
  readonly source: string;
  /** Moves a data directory that is there aside instead of refusing. Default false. */
  readonly replace?: boolean;
}

export interface RestoreReport {
  readonly head: string;
  /** Where the former data directory is now. */
  readonly movedAside?: string;
}
