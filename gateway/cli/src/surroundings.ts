import type { Readable, Writable } from 'node:stream';

/** All that a command line has around it, so that tests can give it another one. Only `main.ts` reads the process's. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly directory: string;
  readonly stdin: Readable;
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly interrupted: AbortSignal;
}
