/**
 * What tools do to the data of one machine, beside or instead of a running platform. The command line asks for it; it is implemented by
 * `@millrace/standalone/maintenance`, which is loaded only when one of these commands is given, so that no other command pays for the
 * engines.
 *
 * Every function throws a {@link MaintenanceRefusal} for what a person can mend (no such directory, another process holds the lock, a
 * newer format), with a sentence that says how. All paths are absolute. All of them end when `signal` is aborted, and then reject with
 * its reason, leaving nothing half done under the name that was asked for.
 */
export interface Maintenance {
  /** Reads everything and changes nothing. Works while the platform runs. */
  verify(options: VerifyOptions, onProgress: OnProgress): Promise<VerifyReport>;

  /**
   * Folds views again from the first event. The platform must not run: the running one is asked through its API.
   *
   * @throws MaintenanceRefusal `LOCKED` while a platform runs on the data.
   */
  rebuild(options: RebuildOptions, onProgress: OnProgress): Promise<RebuildReport>;

  /** Hands the events out in the order of the log. Works while the platform runs. */
  exportEvents(options: ExportOptions, onProgress: OnProgress): Promise<ExportReport>;

  /** A copy that can be started from; works while the platform runs. */
  backup(options: BackupOptions, onProgress: OnProgress): Promise<BackupReport>;

  /**
   * Makes a data directory from a backup.
   *
   * @throws MaintenanceRefusal `NOT_EMPTY` when there is one already, unless `replace`.
   */
  restore(options: RestoreOptions, onProgress: OnProgress): Promise<RestoreReport>;
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

export interface OnData {
  /** The data directory. */
  readonly dataDirectory: string;
  readonly signal: AbortSignal;
}

export type VerifyOptions = OnData;

export interface VerifyReport {
  /** True when no promise is broken. */
  readonly ok: boolean;
  /** Everything up to here was looked at, as `<logId>.<number>`; empty when the log can't be read. */
  readonly head: string;
  /** How much was looked at, by kind: `events`, `streams`, `documents`, `logs`, `artifacts`. */
  readonly checked: Readonly<Record<string, number>>;
  /** Broken promises; of very many of one code the first ones, and how many there are beyond. */
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

/** Recognised by its name across copies of this module. */
export interface MaintenanceRefusal extends Error {
  readonly name: 'MaintenanceRefusal';
  /** `NO_DATA`, `LOCKED`, `NEWER_FORMAT`, `NOT_EMPTY`, `NO_BACKUP`, `DAMAGED`, `UNKNOWN_PROJECTION`, `BAD_CURSOR`, `CURSOR_FROM_ANOTHER_LOG`. */
  readonly code: string;
}
