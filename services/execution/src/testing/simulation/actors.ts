import type { JsonObject } from '@millrace/contracts';
import type { ReportRequest } from '@millrace/contracts/runner';
import { NAMESPACES, uuidV5 } from '@millrace/decider';
import type { AddressedCommand } from '@millrace/messaging';
import type { OpenExecution } from '../../application/workload.js';
import type { ActionRun, Job } from '../../domain/execution.state.js';
import type { Choices } from './choices.js';
import { DECLARATIONS, NAME, STAGE_NAMES } from './declarations.js';
import type { Simulation } from './simulation.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const TOKENS = ['first', 'second', 'third'];

/** One of the deeds, each as often as its weight says. */
function chosen(choices: Choices, deeds: readonly (readonly [weight: number, deed: () => void])[]): void {
  let at = choices.below(deeds.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, deed] of deeds) {
    if (at < weight) return deed();
    at -= weight;
  }
}

type Ids = { readonly commandId: string; readonly pipelineId?: string };

/** People, remotes and other services: what they do, at any time. */
export class Actors {
  private created = 0;
  /** 0 while there is no pipeline. */
  private version = 0;
  private starts = 0;
  private remote = 1;
  private readonly sent: { readonly command: AddressedCommand; readonly ids: Ids }[] = [];
  private readonly answers = new Map<string, 'Succeeded' | 'Failed'>();

  constructor(private readonly simulation: Simulation) {}

  /** What a source fetches when it is not told what. */
  get remoteHead(): string {
    return `commit ${this.remote}`;
  }

  /** Somebody does something. */
  act(): void {
    const { choices } = this.simulation;
    chosen(choices, [
      [3, () => this.start()],
      [3, () => this.stop()],
      [10, () => this.retry()],
      [4, () => this.changeTransition('DisableTransition')],
      [4, () => this.changeTransition('EnableTransition')],
      [2, () => this.sendAgain()],
      [1, () => this.changeDefinition()],
      [1, () => this.look()],
      [8, () => this.answer()],
      [2, () => this.simulation.pass(choices.onceIn(2) ? 31 * DAY_MS : MINUTE_MS)],
      [1, () => this.simulation.crash()],
      [6, () => this.simulation.rewind()],
    ]);
  }

  createPipeline(): void {
    this.created += 1;
    this.version = 1;
    this.define('PipelineCreated', { version: 1, declaration: this.declaration(), tags: [], createdAt: this.now() });
  }

  /** All doors are opened. */
  openAll(): void {
    for (const stage of STAGE_NAMES)
      if (this.version > 0) this.traffic('EnableTransition', { stage, transitionType: 'Inbound' });
  }

  /** All approvals are given; false when none waits. */
  approveAll(): boolean {
    const waiting = this.approvals();
    for (const [execution, run] of waiting) this.complete(execution, run, 'Succeeded');
    return waiting.length > 0;
  }

  answer(): void {
    const { choices } = this.simulation;
    const waiting = choices.pick(this.approvals());
    if (waiting !== undefined) this.complete(...waiting, choices.onceIn(3) ? 'Failed' : 'Succeeded');
  }

  private start(): void {
    const { choices } = this.simulation;
    this.starts += 1;
    const clientToken = choices.onceIn(3) ? choices.pick(TOKENS) : `token ${this.starts}`;
    const variables = choices.onceIn(3) ? [] : [{ name: 'TARGET', value: 'blue' }];
    const trigger = { type: 'StartPipelineExecution', detail: 'Ada' };
    this.traffic('StartExecution', { clientToken, trigger, variables, sourceRevisions: [] });
  }

  private stop(): void {
    const { choices, laws } = this.simulation;
    const all = [...laws.executions.values()];
    const under = all.filter(({ current }) => current.status === 'InProgress' || current.status === 'Stopping');
    const execution = choices.pick(choices.onceIn(5) ? all : under);
    if (execution === undefined) return;
    const { executionId, pipelineId } = execution;
    const data = { abandon: choices.onceIn(2), reason: 'enough' };
    this.send({ target: 'execution', type: 'StopExecution', data, executionId }, { pipelineId });
  }

  private retry(): void {
    const { choices, laws } = this.simulation;
    const all = [...laws.executions.values()];
    const over = all.filter(({ current }) => current.status === 'Failed' || current.status === 'Stopped');
    const execution = choices.pick(choices.onceIn(5) ? all : over);
    if (execution === undefined || execution.current.status === 'absent') return;
    const { executionId, current } = execution;
    const stage = choices.onceIn(5) ? choices.pick(STAGE_NAMES) : current.stage?.name;
    const mode = choices.onceIn(2) ? 'ALL_ACTIONS' : 'FAILED_ACTIONS';
    if (stage !== undefined) this.traffic('RetryStage', { executionId, stage, mode });
  }

  private changeTransition(type: 'EnableTransition' | 'DisableTransition'): void {
    const { choices } = this.simulation;
    const transitionType = choices.onceIn(3) ? 'Outbound' : 'Inbound';
    this.traffic(type, { stage: choices.pick(STAGE_NAMES), transitionType, reason: 'freeze' });
  }

  /** An answer was lost: the same command again. */
  private sendAgain(): void {
    const again = this.simulation.choices.pick(this.sent);
    if (again === undefined) return;
    const { command, ids } = again;
    this.simulation.ask(`again ${command.type}`, (process) => this.simulation.send(process, command, ids));
  }

  private changeDefinition(): void {
    if (this.version === 0) return this.createPipeline();
    if (this.simulation.choices.onceIn(4)) {
      this.version = 0;
      return this.define('PipelineDeleted', { deletedAt: this.now() });
    }
    const previousVersion = this.version;
    this.version += 1;
    const { version } = this;
    this.define('PipelineUpdated', {
      version,
      previousVersion,
      declaration: this.declaration(),
      updatedAt: this.now(),
    });
  }

  /** The remote is looked at; sometimes it has changed, sometimes it went back to an older commit, sometimes it is away. */
  private look(): void {
    const { choices } = this.simulation;
    if (choices.onceIn(2)) this.remote = 1 + choices.below(4);
    const of = { pipelineId: this.pipelineId(), pipelineName: NAME, actionName: 'Src' };
    const error = { code: 'RevisionUnavailable', message: `cause ${choices.below(2)}` };
    const command: AddressedCommand = choices.onceIn(4)
      ? { target: 'source', type: 'RecordLookFailure', data: { ...of, error } }
      : {
          target: 'source',
          type: 'RecordLook',
          data: { ...of, by: 'poll', revision: { revisionId: this.remoteHead }, commits: [] },
        };
    this.simulation.ask(command.type, (process) => this.simulation.send(process, command));
  }

  /** An approval is answered once; the answer may be delivered again, and late. */
  private complete(
    { executionId, pipelineId }: OpenExecution,
    { started }: ActionRun,
    wanted: 'Succeeded' | 'Failed',
  ): void {
    const { actionExecutionId, action } = started;
    const status = this.answers.get(actionExecutionId) ?? wanted;
    this.answers.set(actionExecutionId, status);
    const data = { actionExecutionId, status };
    const command: AddressedCommand = { target: 'execution', type: 'CompleteAction', data, executionId };
    const commandId = uuidV5(NAMESPACES.policy, 'approval', actionExecutionId);
    this.simulation.ask(`CompleteAction ${action} ${status}`, (process) =>
      this.simulation.send(process, command, { commandId, pipelineId }),
    );
  }

  private approvals(): (readonly [OpenExecution, ActionRun])[] {
    return running(this.simulation).filter(([, { started }]) => started.work === 'approval');
  }

  private traffic(type: string, data: object): void {
    this.send({ target: 'traffic', type, data: { pipelineName: NAME, ...data } as JsonObject });
  }

  private send(command: AddressedCommand, given: Omit<Ids, 'commandId'> = {}): void {
    const ids = { commandId: this.simulation.newId(), ...given };
    this.sent.push({ command, ids });
    const what = `${command.type} ${command.executionId ?? ''} ${JSON.stringify(command.data).slice(0, 160)}`;
    this.simulation.ask(what, (process) => this.simulation.send(process, command, ids));
  }

  private pipelineId(): string {
    return uuidV5(NAMESPACES.command, NAME, this.created);
  }

  private define(type: 'PipelineCreated' | 'PipelineUpdated' | 'PipelineDeleted', data: object): void {
    this.simulation.define(type, this.pipelineId(), { name: NAME, ...data });
  }

  private declaration() {
    return this.simulation.choices.pick(DECLARATIONS);
  }

  private now(): string {
    return this.simulation.clock.now();
  }
}

interface Leased {
  readonly execution: OpenExecution;
  readonly job: Job;
  readonly nonce: string;
  /** What the runner was told to fetch. */
  readonly revision: string | undefined;
}

/** Runners, and the clocks that watch over them. */
export class Runners {
  /** Each lease that was answered, as its runner remembers it: also long after it has ended. */
  private readonly leases: Leased[] = [];

  constructor(
    private readonly simulation: Simulation,
    private readonly remoteHead: () => string,
  ) {}

  /** A runner does something. */
  act(): void {
    chosen(this.simulation.choices, [
      [12, () => this.lease()],
      [12, () => this.report(this.result())],
      [3, () => this.report({ status: 'returned', reason: 'the runner stops' })],
      [3, () => this.report({ status: 'cancelled' })],
      [2, () => this.lose()],
      [1, () => this.expire()],
    ]);
  }

  /** All work there is is done, or given up; false when there is none. */
  async workAll(): Promise<boolean> {
    const jobs = this.jobs();
    for (const [execution, job] of jobs) {
      if (job.status === 'offered') this.leaseJob(execution, job);
      else this.loseJob(execution, job);
      await this.simulation.rest();
      const leased = this.leases.findLast((each) => each.job.jobId === job.jobId);
      if (leased !== undefined) this.reportJob(leased, { status: 'succeeded' });
      await this.simulation.rest();
    }
    return jobs.length > 0;
  }

  private lease(): void {
    const chosen = this.simulation.choices.pick(this.jobs().filter(([, { status }]) => status === 'offered'));
    if (chosen !== undefined) this.leaseJob(...chosen);
  }

  private leaseJob(execution: OpenExecution, job: Job): void {
    const by = { requestId: this.simulation.newId(), runnerId: 'runner' };
    const current = async (): Promise<OpenExecution | undefined> =>
      this.simulation.laws.executions.get(execution.executionId)?.open();
    this.simulation.ask(`lease ${job.jobId}`, async ({ jobs }) => {
      const leased = await jobs.offer(execution, job, current).claim(by);
      if (leased?.kind === 'action')
        this.leases.push({ execution, job, nonce: leased.nonce, revision: leased.revision });
    });
  }

  /** Of any lease there ever was: a runner that was believed dead reports, too. */
  private report(result: ReportRequest['result']): void {
    const { choices } = this.simulation;
    const leased = choices.pick(choices.onceIn(4) ? this.leases : this.leases.slice(-3));
    if (leased !== undefined) this.reportJob(leased, result);
  }

  private reportJob(leased: Leased, result: ReportRequest['result']): void {
    const { execution, job, nonce } = leased;
    const whole = result.status === 'succeeded' ? { ...result, ...this.revisionOf(leased) } : result;
    this.simulation.ask(`report ${result.status} of ${job.jobId}`, async ({ jobs }) => {
      const grant = jobs.grant(execution, job);
      if (grant !== undefined) await jobs.report(grant, { nonce, result: whole });
    });
  }

  /** A source fetches what it was told to, or else what is there now. */
  private revisionOf({ execution, job, revision }: Leased): { revision?: { revisionId: string } } {
    const runs = [...(execution.state.stage?.runs.values() ?? [])];
    const run = runs.find(({ started }) => started.actionExecutionId === job.actionExecutionId);
    if (run?.started.actionTypeId.category !== 'Source') return {};
    return { revision: { revisionId: revision ?? this.remoteHead() } };
  }

  private result(): ReportRequest['result'] {
    return this.simulation.choices.onceIn(4)
      ? { status: 'failed', code: 'JobFailed', message: 'exit code 1' }
      : { status: 'succeeded' };
  }

  private lose(): void {
    const chosen = this.simulation.choices.pick(this.jobs().filter(([, { status }]) => status !== 'offered'));
    if (chosen !== undefined) this.loseJob(...chosen);
  }

  private loseJob(execution: OpenExecution, { jobId, runnerId = '' }: Job): void {
    this.simulation.ask(`lose ${jobId}`, ({ jobs }) => jobs.lose(execution, jobId, runnerId));
  }

  private expire(): void {
    const { choices } = this.simulation;
    const chosen = choices.pick(running(this.simulation));
    if (chosen === undefined) return;
    const [execution, { started }] = chosen;
    if (choices.onceIn(2)) this.simulation.pass(DAY_MS);
    this.simulation.ask(`expire ${started.action}`, ({ jobs }) => jobs.expire(execution, started));
  }

  private jobs(): (readonly [OpenExecution, Job])[] {
    return openOnes(this.simulation).flatMap((execution) =>
      [...execution.state.jobs.values()]
        .filter(({ status }) => status !== 'ended')
        .map((job) => [execution, job] as const),
    );
  }
}

function openOnes({ laws }: Simulation): OpenExecution[] {
  return [...laws.executions.values()].flatMap((execution) => execution.open() ?? []);
}

function running(simulation: Simulation): (readonly [OpenExecution, ActionRun])[] {
  return openOnes(simulation).flatMap((execution) =>
    [...(execution.state.stage?.runs.values() ?? [])]
      .filter(({ status }) => status === 'InProgress')
      .map((run) => [execution, run] as const),
  );
}
