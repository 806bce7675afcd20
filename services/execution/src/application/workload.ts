import { streams } from '@millrace/contracts';
import { executionEventTypes, type ExecutionEvent } from '@millrace/contracts/execution';
import type { EventStore, Position, RecordedEvent } from '@millrace/event-store';
import type { Projection, Views } from '@millrace/read-models';
import {
  absentExecution,
  evolveExecution,
  hasRevokedJobs,
  isFinished,
  type Execution,
  type KnownExecution,
} from '../domain/execution.state.js';

/** An execution with work to do, folded by the same function that decides about it. */
export interface OpenExecution {
  readonly project: string;
  readonly executionId: string;
  readonly pipelineId: string;
  readonly correlationId: string;
  readonly state: KnownExecution;
  /** Of the last event folded into it. */
  readonly revision: number;
}

export interface WorkloadObserver {
  /** Once for each open execution after a start, before any event. */
  opened(execution: OpenExecution): void;
  /** After an event was folded. */
  happened(event: ExecutionEvent, execution: OpenExecution): void;
  /** This release can't read the execution: nobody works on it until one that can is started (docs/decisions/0007). */
  unreadable(executionId: string, error: unknown): void;
}

type OpenDocument = {
  readonly project: string;
  readonly executionId: string;
  readonly finished: boolean;
  readonly revoked: readonly string[];
};

/** Which executions are open: what a new owner has to read after a start, and no more. */
export const openExecutions: Projection<OpenDocument> = {
  name: 'execution.open-executions.v1',
  collection: { name: 'open-executions', indexes: [{ name: 'all', fields: ['project'] }] },
  touches: ({ category, metadata }) =>
    category === 'execution' && metadata.executionId !== undefined
      ? [`${metadata.project}/${metadata.executionId}`]
      : [],
  fold(document, recorded) {
    const { project, executionId } = recorded.metadata;
    if (executionId === undefined) return document;
    const open = document ?? { project, executionId, finished: true, revoked: [] };
    const event = executionEventTypes.decode<ExecutionEvent>(recorded);
    const next = foldOpen(open, event);
    return next.finished && next.revoked.length === 0 ? undefined : next;
  },
};

function foldOpen(open: OpenDocument, event: ExecutionEvent): OpenDocument {
  if (event.type === 'ExecutionStarted' || event.type === 'StageRetried') return { ...open, finished: false };
  if (event.type === 'ExecutionFinished') return { ...open, finished: true };
  if (event.type === 'JobRevoked') return { ...open, revoked: [...open.revoked, event.data.jobId] };
  if (event.type === 'JobEnded')
    return { ...open, revoked: open.revoked.filter((jobId) => jobId !== event.data.jobId) };
  return open;
}

const PAGE = 500;

/**
 * All open executions, in memory: jobs to lease, leases to watch, actions to expire are read from here. Rebuilt from the log at each
 * start, then follows it.
 */
export class Workload {
  private readonly open = new Map<string, OpenExecution>();
  private readonly abort = new AbortController();
  private following: Promise<void> | undefined;
  private passed: Position = 0n;
  private waiters: { readonly position: Position; readonly resolve: () => void }[] = [];

  constructor(
    private readonly store: EventStore,
    private readonly readModels: Views,
    private readonly observer: WorkloadObserver,
  ) {}

  /** Loads what is open, tells the observer, then follows. */
  async start(): Promise<void> {
    const checkpoint = await this.readModels.checkpoint(openExecutions.name);
    for await (const { project, executionId } of this.documents()) {
      const execution = await this.readable(executionId, () => this.read(project, executionId));
      if (execution !== undefined && isOpen(execution.state)) this.open.set(executionId, execution);
    }
    for (const execution of this.open.values()) this.observer.opened(execution);
    this.passed = checkpoint;
    this.following = this.follow(checkpoint);
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.following;
    this.release(({ position }) => position >= 0n);
  }

  /** Resolves when executions are known here up to a position, or nothing follows the log any more. */
  reached(position: Position): Promise<void> {
    if (this.passed >= position || this.abort.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push({ position, resolve }));
  }

  /** Position up to which executions are known here. */
  position(): Position {
    return this.passed;
  }

  get(executionId: string): OpenExecution | undefined {
    return this.open.get(executionId);
  }

  all(): IterableIterator<OpenExecution> {
    return this.open.values();
  }

  /** From memory where it is open, else from its stream; undefined where there is none. */
  async find(project: string, executionId: string): Promise<OpenExecution | undefined> {
    const known = this.open.get(executionId);
    return known?.project === project ? known : this.read(project, executionId);
  }

  private async *documents(): AsyncIterable<OpenDocument> {
    for (let after: string | undefined; ;) {
      const page = await this.readModels.page<OpenDocument>(openExecutions.collection.name, {
        index: 'all',
        equals: [],
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      for (const { document } of page.items) yield document;
      if (!page.hasMore) return;
      after = page.items.at(-1)?.cursor;
    }
  }

  private async read(project: string, executionId: string): Promise<OpenExecution | undefined> {
    const stream = streams.execution(project, executionId);
    let state: Execution = absentExecution;
    let last: RecordedEvent | undefined;
    for (let from = 0; ; from += PAGE) {
      const { events } = await this.store.readStream(stream, { from, limit: PAGE });
      for (const event of events) state = evolveExecution(state, executionEventTypes.decode<ExecutionEvent>(event));
      last = events.at(-1) ?? last;
      if (events.length < PAGE) break;
    }
    return state.status === 'absent' || last === undefined ? undefined : toOpen(last, executionId, state);
  }

  private async follow(after: Position): Promise<void> {
    for await (const batch of this.store.subscribe({ after, categories: ['execution'], signal: this.abort.signal })) {
      for (const recorded of batch.events)
        await this.readable(recorded.metadata.executionId ?? recorded.stream, () => this.fold(recorded));
      this.passed = batch.checkpoint;
      this.release(({ position }) => position <= this.passed);
    }
  }

  /** One execution that can't be read must not stand in the way of the others. */
  private async readable<T>(executionId: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!Error.isError(error) || error.name !== 'RangeError') throw error;
      this.open.delete(executionId);
      this.observer.unreadable(executionId, error);
      return undefined;
    }
  }

  private release(isDue: (waiter: { readonly position: Position }) => boolean): void {
    if (this.waiters.length === 0) return;
    const due = this.waiters.filter(isDue);
    if (due.length === 0) return;
    this.waiters = this.waiters.filter((waiter) => !isDue(waiter));
    for (const { resolve } of due) resolve();
  }

  private async fold(recorded: RecordedEvent): Promise<void> {
    const { executionId, project } = recorded.metadata;
    if (executionId === undefined) return;
    const event = executionEventTypes.decode<ExecutionEvent>(recorded);
    const known = this.open.get(executionId);
    if (known !== undefined && recorded.revision <= known.revision) return;
    if (known === undefined && event.type !== 'ExecutionStarted')
      return this.reopen(recorded, event, project, executionId);
    const state = evolveExecution(known?.state ?? absentExecution, event);
    if (state.status !== 'absent') this.keep(event, toOpen(recorded, executionId, state));
  }

  /** A retry opens what was over: it is read from its stream. What is read there may be ahead of this event. */
  private async reopen(
    recorded: RecordedEvent,
    event: ExecutionEvent,
    project: string,
    executionId: string,
  ): Promise<void> {
    if (event.type !== 'StageRetried') return;
    const execution = await this.read(project, executionId);
    if (execution === undefined || !isOpen(execution.state)) return;
    this.open.set(executionId, execution);
    this.observer.opened(execution);
    if (execution.revision === recorded.revision) this.observer.happened(event, execution);
  }

  private keep(event: ExecutionEvent, execution: OpenExecution): void {
    if (isOpen(execution.state)) this.open.set(execution.executionId, execution);
    else this.open.delete(execution.executionId);
    this.observer.happened(event, execution);
  }
}

const isOpen = (state: KnownExecution): boolean => !isFinished(state) || hasRevokedJobs(state);

function toOpen({ metadata, revision }: RecordedEvent, executionId: string, state: KnownExecution): OpenExecution {
  const { project, correlationId } = metadata;
  return { project, executionId, pipelineId: state.facts.pipelineId, correlationId, state, revision };
}
