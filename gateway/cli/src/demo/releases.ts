import { historyTable } from '../commands/execution.command.js';
import { executionOf, executionsOf } from '../commands/references.js';
import type { Output } from '../output/output.js';
import { APPROVALS, CAST_VOTE } from '../platform/approvals.js';
import { RETRY_STAGE, START_EXECUTION } from '../platform/executions.js';
import { PIPELINE_CHANGED } from '../platform/pipelines.js';
import type { Platform } from '../platform/platform.js';
import type { ExecutionRow, ExecutionView } from '../platform/values.js';
import { followExecution } from '../watch/follow-execution.js';
import { WatchPresenter } from '../watch/present.js';
import type { WatchItem } from '../watch/watch-item.js';
import { expectThat } from './steps.js';

/** An execution that was followed to its end, and every line of output that was seen on the way. */
export interface Followed {
  readonly execution: ExecutionView;
  readonly logLines: readonly { readonly place: string; readonly line: string }[];
  /** Of stages, actions, and the execution itself, as they were told. */
  readonly told: readonly WatchItem[];
}

/** What the demo does with the pipeline, and what it sees of it. */
export class Releases {
  constructor(
    private readonly platform: Platform,
    private readonly output: Output,
    readonly pipeline: string,
  ) {}

  /** The next execution behind `ordinal` that the platform starts by itself. */
  async detected(ordinal: number, signal: AbortSignal): Promise<string> {
    const changes = this.platform.follow(PIPELINE_CHANGED, () => ({ name: this.pipeline }), signal);
    for await (const event of changes) {
      if (event.kind === 'reconnected') continue;
      const latest = event.data.pipelineChanged?.latestExecution ?? null;
      if (latest !== null && latest.ordinal > ordinal) return latest.id;
    }
    throw signal.reason;
  }

  async start(): Promise<string> {
    const { executionId } = await this.platform.change(START_EXECUTION, { pipeline: this.pipeline });
    return executionId;
  }

  /** Follows an execution to its end, and approves where it waits. */
  async follow(executionId: string, signal: AbortSignal, since?: ExecutionView): Promise<Followed> {
    const presenter = new WatchPresenter(this.output.style);
    const told: WatchItem[] = [];
    const logLines: { place: string; line: string }[] = [];
    const execution = await followExecution(this.platform, {
      executionId,
      signal,
      wholePast: true,
      ...(since === undefined ? {} : { since }),
      tell: async (item) => {
        if (item.type === 'log') logLines.push({ place: `${item.stage}/${item.action}`, line: item.line });
        told.push(item);
        await this.output.lines(presenter.present(item).map((line) => `   ${line}`));
        if (item.type === 'approval') await this.approve(item.token);
      },
    });
    if (execution === undefined) throw signal.reason;
    return { execution, logLines, told };
  }

  /** Runs what failed in a stage again, and follows that. */
  async retry(failed: ExecutionView, stage: string, signal: AbortSignal): Promise<Followed> {
    const before = await executionOf(this.platform, failed.id);
    const input = { pipeline: this.pipeline, executionId: failed.id, stage, mode: 'FAILED_ACTIONS' as const };
    await this.platform.change(RETRY_STAGE, input);
    return this.follow(failed.id, signal, before);
  }

  async history(): Promise<readonly ExecutionRow[]> {
    const rows: ExecutionRow[] = [];
    for await (const row of executionsOf(this.platform, this.pipeline, 100)) rows.push(row);
    await this.output.table(historyTable(rows, this.output.style).map((row) => ['  ', ...row]));
    return rows;
  }

  private async approve(token: string): Promise<void> {
    const { approvals } = await this.platform.query(APPROVALS, { pending: true, first: 100 });
    expectThat(
      approvals.nodes.some((approval) => approval.token === token),
      'The approval that was announced is not in the inbox.',
    );
    await this.output.line(
      `   ${this.output.style.dim(`           $ millrace approve ${this.pipeline} --comment 'Looks good.'`)}`,
    );
    await this.platform.change(CAST_VOTE, { token, result: 'Approved' as const, summary: 'Looks good.' });
  }
}

export function statusOf(execution: ExecutionView, stage: string, action?: string): string | null | undefined {
  const found = execution.stages.find(({ name }) => name === stage);
  return action === undefined ? found?.status : found?.actions.find(({ name }) => name === action)?.status;
}

export function attemptsOf(execution: ExecutionView, stage: string, action: string): number {
  const found = execution.stages.find(({ name }) => name === stage)?.actions.find(({ name }) => name === action);
  return found?.attempts.length ?? 0;
}

/** Whether two actions of a stage were at work at one time. */
export function ranInParallel(execution: ExecutionView, stage: string, one: string, other: string): boolean {
  const actions = execution.stages.find(({ name }) => name === stage)?.actions ?? [];
  const spanOf = (name: string): readonly [from: string, to: string] => {
    const attempt = actions.find((action) => action.name === name)?.attempts.at(0);
    // One that never ran, or never ended, meets nothing.
    return [attempt?.startedAt ?? '~', attempt?.finishedAt ?? ''];
  };
  const [a, b] = [spanOf(one), spanOf(other)];
  return a[0] < b[1] && b[0] < a[1];
}
