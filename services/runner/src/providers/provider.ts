import type { ActionJob, ActionTypeId, CommitInfo, JobResult, LookJob, Revision } from '@millrace/contracts/runner';
import type { LogSink } from '../logs/buffered-log.js';
import type { Environment } from '../processes/environment.js';
import type { TreeEnd } from '../processes/process-tree.js';
import type { ToolResult } from '../processes/tool.js';

/** How an action may end by itself. Being stopped is not the provider's: it lets the signal's reason through. */
export type Outcome = Extract<JobResult, { readonly status: 'succeeded' | 'failed' }>;

export interface LookOutcome {
  readonly revision: Revision;
  /** New since the cursor, newest first; 250 at most. */
  readonly commits?: readonly CommitInfo[];
}

/**
 * One kind of action. A provider is a module in this folder with its schema and its test, and a line in `table.ts`.
 *
 * `run` and `look` throw {@link ActionFailed} for everything that is a result to its user; anything else that they throw is reported as
 * `JobFailed` with a sentence that tells nothing. When `context.signal` is aborted they throw its reason soon.
 */
export interface ActionProvider {
  readonly ids: readonly ActionTypeId[];
  run(context: ActionContext): Promise<Outcome>;
  /** Sources only: has it changed? */
  look?(context: LookContext): Promise<LookOutcome>;
}

export type FailureCode =
  'JobFailed' | 'ConfigurationError' | 'PermissionError' | 'RevisionUnavailable' | 'SystemUnavailable' | 'TimedOut';

/** The action has failed; the message is for its user: what is wrong and what to do about it. */
export class ActionFailed extends Error {
  override readonly name = 'ActionFailed';

  constructor(
    readonly code: FailureCode,
    message: string,
    readonly outcome: Partial<
      Pick<Extract<Outcome, { status: 'failed' }>, 'outputVariables' | 'externalExecutionId' | 'summary'>
    > = {},
  ) {
    super(message);
  }
}

/** What a provider has to work with, whatever it does. All paths are absolute. */
interface WorkContext {
  /** Aborted when the work must end: time-out, cancellation, stop. */
  readonly signal: AbortSignal;
  readonly log: LogSink;
  /** Empty; removed when the job is over. */
  readonly directory: string;
  /** Lasts: the runner's own, for caches. Shared by all jobs. */
  readonly cacheDirectory: string;
  /** Of everything that is the runner's, {@link directory} and {@link cacheDirectory} included. */
  readonly runnerDirectory: string;
  /** The clean environment that every child begins with. */
  readonly environment: Environment;
  /** The runner's own credentials, for git only. */
  readonly credentials: Environment;

  /** Runs a user's command; its output goes to the log. The whole process tree is over afterwards. */
  exec(command: Command): Promise<TreeEnd>;
  /** Runs one of our own helpers and returns its output. */
  tool(command: Command): Promise<ToolResult>;
}

export interface Command {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  /** Over {@link WorkContext.environment}. */
  readonly environment?: Environment;
  /** Ends this command alone; the work's own signal ends it in any case. */
  readonly signal?: AbortSignal;
}

export interface ActionContext extends WorkContext {
  readonly job: ActionJob;
  /** Saves an input artifact as it is, a zip archive, to a file. */
  saveInput(name: string, file: string): Promise<void>;
  /** Unpacks an input artifact into a directory, which is made. */
  unpackInput(name: string, directory: string): Promise<void>;
  /** Packs files and stores them as an output artifact; the result may then name it. */
  storeOutput(name: string, files: readonly OutputFile[]): Promise<StoredOutput>;
  readonly now: () => Date;
}

export interface OutputFile {
  readonly path: string;
  readonly source: string;
  readonly executable: boolean;
  readonly bytes: number;
}

export interface StoredOutput {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface LookContext extends WorkContext {
  readonly job: LookJob;
}
