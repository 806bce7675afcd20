import { isFailure, refused } from '../failure.js';
import { APPROVALS_CHANGED } from '../platform/approvals.js';
import { EXECUTION_CHANGED } from '../platform/executions.js';
import type { Platform } from '../platform/platform.js';
import { isOver, type ExecutionView } from '../platform/values.js';
import { changesBetween } from './changes.js';
import { logLines } from './log-tail.js';
import type { ActionItem, WatchItem } from './watch-item.js';

/** What is shown of the output of an action that was over, and had failed, before anybody watched. */
const PAST_LOG_BYTES = 4_096;

export interface FollowOptions {
  readonly executionId: string;
  /** Told one after the other; the next one waits until this one is done. */
  readonly tell: (item: WatchItem) => Promise<void> | void;
  readonly signal?: AbortSignal;
  /**
   * A state that is known already, in which it was over: what happened before is not told. States are ignored until it has gone on:
   * after a retry was accepted, the execution may be seen as failed for a moment.
   */
  readonly since?: ExecutionView;
  /** Whether output is told, too. Default true. */
  readonly logs?: boolean;
  /** Of what was over before: told whole, because the watcher was there from the start. Default false. */
  readonly wholePast?: boolean;
}

/**
 * Follows an execution to its end, through lost connections and restarts of the platform.
 *
 * @returns its last state; undefined when `signal` was aborted before.
 * @throws Failure when there is no such execution, or the platform is away for too long.
 */
export async function followExecution(platform: Platform, options: FollowOptions): Promise<ExecutionView | undefined> {
  const teller = new Teller(platform, options);
  try {
    let before = options.since;
    for await (const event of platform.follow(EXECUTION_CHANGED, () => ({ id: options.executionId }), options.signal)) {
      if (event.kind === 'reconnected') continue;
      const after = event.data.executionChanged;
      if (after === null) throw refused('EXECUTION_NOT_FOUND', `There is no execution ${options.executionId}.`);
      if (before !== undefined && before === options.since && !hasGoneOn(before, after)) continue;
      for (const item of changesBetween(before, after)) await teller.tell(item);
      before = after;
      if (isOver(after.status)) return after;
    }
    return undefined;
  } finally {
    await teller.end();
  }
}

interface FollowedLog {
  readonly over: AbortController;
  readonly told: Promise<void>;
}

interface Question {
  readonly answered: AbortController;
  readonly told: Promise<void>;
}

function hasGoneOn(before: ExecutionView, now: ExecutionView): boolean {
  const retriesOf = ({ stages }: ExecutionView): number => stages.reduce((sum, { retries }) => sum + retries, 0);
  return !isOver(now.status) || retriesOf(now) > retriesOf(before);
}

/** Brings states and output into one order. */
class Teller {
  readonly #logs = new Map<string, FollowedLog>();
  readonly #questions = new Map<string, Question>();
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  #trouble: unknown;

  constructor(
    private readonly platform: Platform,
    private readonly options: FollowOptions,
  ) {
    const { signal } = options;
    this.#signal = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
  }

  async tell(item: WatchItem): Promise<void> {
    if (this.#trouble !== undefined) throw this.#trouble;
    const isAction = item.type === 'action';
    if (isAction && item.status !== 'InProgress') await this.#ending(item);
    await this.options.tell(item);
    if (isAction && item.status === 'InProgress') this.#begun(item);
  }

  #begun(item: ActionItem): void {
    if (item.isApproval) this.#ask(item);
    else this.#followLog(item);
  }

  async #ending(item: ActionItem): Promise<void> {
    if (!item.isApproval) return this.#logEnd(item);
    const question = this.#questions.get(item.actionExecutionId);
    question?.answered.abort();
    await question?.told;
  }

  /** An approval is a document of its own: the execution's state does not tell when it is there. */
  #ask(item: ActionItem): void {
    if (item.past) return;
    const answered = new AbortController();
    const told = this.#tellApproval(item, AbortSignal.any([answered.signal, this.#signal]));
    this.#questions.set(item.actionExecutionId, { answered, told });
  }

  async #tellApproval(item: ActionItem, signal: AbortSignal): Promise<void> {
    try {
      for await (const event of this.platform.follow(APPROVALS_CHANGED, () => ({}), signal)) {
        if (event.kind === 'reconnected') continue;
        const { approvalsChanged: approval } = event.data;
        if (approval.id !== item.actionExecutionId || approval.token === null) continue;
        const { token, requestedAt, customData, externalEntityLink, summaryRequired, expiresAt } = approval;
        const about = { token, customData, externalEntityLink, summaryRequired, expiresAt };
        const { stage, action } = item;
        return await this.options.tell({ type: 'approval', at: requestedAt, stage, action, ...about });
      }
    } catch (error) {
      if (!signal.aborted) this.#trouble ??= error;
    }
  }

  async end(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#logs.values(), ...this.#questions.values()].map(({ told }) => told));
  }

  #followLog(item: ActionItem): void {
    if (this.options.logs === false) return;
    if (item.past && this.options.wholePast !== true) return;
    const over = new AbortController();
    this.#logs.set(item.actionExecutionId, { over, told: this.#tellLog(item, 0, over.signal) });
  }

  async #logEnd(item: ActionItem): Promise<void> {
    const log = this.#logs.get(item.actionExecutionId);
    if (log === undefined) return this.#tellPast(item);
    // A runner reports the end behind its last output, so what is there now is all.
    log.over.abort();
    await log.told;
  }

  async #tellPast(item: ActionItem): Promise<void> {
    if (this.options.logs === false || item.status !== 'Failed') return;
    await this.#tellLog(item, -PAST_LOG_BYTES, undefined);
  }

  /**
   * @param from - the first byte; below zero: so many before the end.
   * @param over - undefined: only what is there.
   */
  async #tellLog(item: ActionItem, from: number, over: AbortSignal | undefined): Promise<void> {
    const { stage, action, actionExecutionId, attempt } = item;
    const place = { executionId: this.options.executionId, actionExecutionId };
    try {
      const offset = from < 0 ? await this.#startOfTail(item, -from) : from;
      let first = offset > 0;
      for await (const line of logLines(this.platform, place, {
        offset,
        signal: this.#signal,
        ...(over === undefined ? { follow: false } : { follow: true, over }),
      })) {
        // The first line of a tail is seldom whole.
        if (!first) await this.options.tell({ type: 'log', stage, action, actionExecutionId, attempt, line });
        first = false;
      }
    } catch (error) {
      // Output that was removed, or is not there, says nothing about the execution.
      if (!this.#signal.aborted && !isRefusedLog(error)) this.#trouble ??= error;
    }
  }

  async #startOfTail(item: ActionItem, tailBytes: number): Promise<number> {
    const offset = Math.max(0, item.logBytes - tailBytes);
    const { stage, action, actionExecutionId } = item;
    if (offset > 0) await this.options.tell({ type: 'logCut', stage, action, actionExecutionId, bytes: offset });
    return offset;
  }
}

function isRefusedLog(error: unknown): boolean {
  return isFailure(error) && (error.code === 'NOT_FOUND' || error.code === 'LOG_EXPIRED');
}
