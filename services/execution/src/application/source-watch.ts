import { NAMESPACES, uuidV5 } from '@millrace/decider';
import type { JobGrant, LeaseRequest, LookJob, ReportRequest } from '@millrace/contracts/runner';
import type { EventStore } from '@millrace/event-store';
import type { CommandReply, Commands } from '@millrace/messaging';
import type { Views } from '@millrace/read-models';
import type { Clock, Ids, Timer, Timers } from '@millrace/runtime';
import type { Claimant, JobQueue } from './job-queue.js';
import type { JobSecrets } from './job-secrets.js';
import { LiveDocuments } from './live-documents.js';
import { asData, serviceEnvelope } from './receivers.js';
import { watchedPipelines, type WatchedPipeline, type WatchedSource } from './watched-pipelines.js';

export interface SourceWatchPorts {
  readonly store: EventStore;
  readonly readModels: Views;
  readonly commands: Commands;
  readonly secrets: JobSecrets;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly timers: Timers;
  readonly queue: JobQueue;
  readonly logger: { warn(fields: object, sentence: string): void };
}

const SERVICE = 'execution.sources';
/** A look that was leased and not reported by then is looked again. */
const LOOK_MS_MAX = 60_000;

interface Look {
  readonly jobId: string;
  readonly key: string;
  readonly pipeline: WatchedPipeline;
  readonly source: WatchedSource;
  readonly by: 'poll' | 'request';
  claimedBy?: Claimant;
  /** Somebody asked for a look while this one was already out: it may have looked before what that somebody knows of. */
  again?: boolean;
  lapse?: Timer;
}

/**
 * When to look at which source (docs/decisions/0024). A look is a leased job; nothing of it is recorded unless something has changed,
 * so the looks themselves live in memory and begin anew after a start.
 */
export class SourceWatch {
  private readonly pipelines: LiveDocuments<WatchedPipeline>;
  /** The one look that each source has under way or offered, by source. */
  private readonly looks = new Map<string, Look>();
  private readonly byJob = new Map<string, Look>();
  private readonly timers = new Map<string, Timer>();
  private stopped = false;

  constructor(private readonly ports: SourceWatchPorts) {
    this.pipelines = new LiveDocuments(ports, watchedPipelines, ['pipeline', 'source'], (id, pipeline, before) =>
      this.changed(id, pipeline, before),
    );
  }

  start(): Promise<void> {
    return this.pipelines.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const timer of this.timers.values()) timer.cancel();
    for (const look of this.byJob.values()) look.lapse?.cancel();
    await this.pipelines.stop();
  }

  /** Looks at once, whatever the interval. False: there is no such source. */
  lookNow(project: string, pipelineName: string, actionName?: string): boolean {
    const found = [...this.pipelines.all()].find(
      ([, pipeline]) => pipeline.project === project && pipeline.name === pipelineName,
    );
    const sources = found?.[1].sources.filter(({ name }) => actionName === undefined || name === actionName) ?? [];
    for (const source of sources) if (found !== undefined) this.look(found[0], found[1], source, 'request');
    return sources.length > 0;
  }

  /** The look that this very request was answered with, when the answer was lost. */
  answerOf({ requestId, runnerId }: LeaseRequest): LookJob | undefined {
    for (const look of this.byJob.values())
      if (look.claimedBy?.requestId === requestId) return this.describe(look, { requestId, runnerId });
    return undefined;
  }

  /** True when it is a look of this nonce. */
  renew(jobId: string, nonce: string): boolean {
    const look = this.byJob.get(jobId);
    return look?.claimedBy !== undefined && this.ports.secrets.nonce(jobId, look.claimedBy.requestId) === nonce;
  }

  grant(jobId: string): JobGrant | undefined {
    const look = this.byJob.get(jobId);
    if (look === undefined) return undefined;
    const { project, pipelineId, name } = look.pipeline;
    const bare = { executionId: '', stageName: '', actionExecutionId: '', inputArtifacts: [], outputArtifacts: [] };
    return {
      kind: 'look',
      active: true,
      project,
      jobId,
      pipelineId,
      pipelineName: name,
      actionName: look.source.name,
      ...bare,
    };
  }

  async report({ jobId }: JobGrant, { nonce, result }: ReportRequest): Promise<CommandReply> {
    const look = this.byJob.get(jobId);
    if (look === undefined || !this.renew(jobId, nonce))
      return { accepted: false, code: 'STALE_ATTEMPT', message: 'This look is over: forget it.' };
    const reply = await this.record(look, result);
    this.finish(look);
    return reply;
  }

  private record(look: Look, result: ReportRequest['result']): Promise<CommandReply> {
    if (result.status === 'looked')
      return this.send(look, 'RecordLook', { by: look.by, revision: result.revision, commits: result.commits ?? [] });
    if (result.status === 'failed')
      return this.send(look, 'RecordLookFailure', { error: { code: result.code, message: result.message } });
    return Promise.resolve({ accepted: true, position: undefined, events: [] });
  }

  private send(look: Look, type: string, data: object): Promise<CommandReply> {
    const { project, pipelineId, name } = look.pipeline;
    const commandId = uuidV5(NAMESPACES.command, SERVICE, look.jobId);
    const target = { pipelineId, pipelineName: name, actionName: look.source.name };
    const envelope = serviceEnvelope(project, SERVICE, { commandId, pipelineId, correlationId: look.jobId });
    return this.ports.commands.send({ target: 'source', type, data: asData({ ...target, ...data }) }, envelope);
  }

  private changed(id: string, pipeline: WatchedPipeline | undefined, before: WatchedPipeline | undefined): void {
    const settings = (of: WatchedPipeline | undefined): string =>
      JSON.stringify(of?.sources.map(({ cursor: _, ...source }) => source));
    if (settings(pipeline) === settings(before)) return;
    for (const source of before?.sources ?? []) this.forget(keyOf(id, source));
    // The first look comes at once: a source that is newly watched admits the revision that is there.
    for (const source of pipeline?.sources ?? [])
      if (source.polled && pipeline !== undefined) this.look(id, pipeline, source, 'poll');
  }

  private forget(key: string): void {
    this.timers.get(key)?.cancel();
    this.timers.delete(key);
    const look = this.looks.get(key);
    if (look !== undefined) this.drop(look);
  }

  private look(id: string, pipeline: WatchedPipeline, source: WatchedSource, by: Look['by']): void {
    const key = keyOf(id, source);
    const under = this.looks.get(key);
    if (under !== undefined) {
      if (by === 'request' && under.claimedBy !== undefined) under.again = true;
      return;
    }
    this.timers.get(key)?.cancel();
    const look: Look = { jobId: this.ports.ids.uuid(), key, pipeline, source, by };
    this.looks.set(key, look);
    this.byJob.set(look.jobId, look);
    this.offer(look);
  }

  private offer(look: Look): void {
    this.ports.queue.offer({
      id: look.jobId,
      project: look.pipeline.project,
      labels: look.source.labels,
      claim: async (by) => {
        if (!this.byJob.has(look.jobId)) return undefined;
        look.claimedBy = by;
        look.lapse = this.ports.timers.after(LOOK_MS_MAX, () => this.finish(look));
        return this.describe(look, by);
      },
    });
  }

  private describe(look: Look, { requestId }: Claimant): LookJob {
    const { project, pipelineId, name } = look.pipeline;
    const { jobId, source } = look;
    const current =
      this.pipelines.get(`${project}/${pipelineId}`)?.sources.find((each) => each.name === source.name) ?? source;
    return {
      kind: 'look',
      jobId,
      nonce: this.ports.secrets.nonce(jobId, requestId),
      jobToken: this.ports.secrets.token({ kind: 'look', project, executionId: '', jobId, leaseId: requestId }),
      leaseTermMs: LOOK_MS_MAX,
      project,
      pipelineId,
      pipelineName: name,
      actionName: source.name,
      actionTypeId: source.actionTypeId,
      configuration: source.configuration,
      timeoutMs: LOOK_MS_MAX,
      ...(current.cursor === undefined ? {} : { cursor: current.cursor }),
    };
  }

  private drop(look: Look): void {
    look.lapse?.cancel();
    this.ports.queue.withdraw(look.jobId);
    this.byJob.delete(look.jobId);
    if (this.looks.get(look.key) === look) this.looks.delete(look.key);
  }

  /** Over, one way or another: the next comes an interval later. */
  private finish(look: Look): void {
    const isCurrent = this.looks.get(look.key) === look;
    this.drop(look);
    // Its source has changed since, and is looked at anew.
    if (!isCurrent || this.stopped) return;
    const id = `${look.pipeline.project}/${look.pipeline.pipelineId}`;
    const pipeline = this.pipelines.get(id);
    const source = pipeline?.sources.find(({ name }) => name === look.source.name);
    if (pipeline === undefined || source === undefined) return;
    if (look.again === true) return this.look(id, pipeline, source, 'request');
    if (!source.polled) return;
    this.timers.set(
      look.key,
      this.ports.timers.after(source.intervalMs, () => this.look(id, pipeline, source, 'poll')),
    );
  }
}

const keyOf = (id: string, { name }: WatchedSource): string => `${id}/${name}`;
