import { streams, type JsonObject } from '@millrace/contracts';
import { NAMESPACES, uuidV5, type Actor } from '@millrace/decider';
import type { AddressedCommand } from '@millrace/messaging';
import type { Page, StoredDocument } from '@millrace/read-models';
import { isOperational, type Timer } from '@millrace/runtime';
import { HOLDINGS, type HoldingDocument } from './holdings.projection.js';
import { RETENTION_DEFAULT, type ArtifactPorts } from './ports.js';
import { ACTIVE_EXECUTIONS, DEPLOYMENTS, type DeploymentDocument } from './uses.projection.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** After the start, when there are more urgent things. */
const FIRST_SWEEP_AFTER_MS = 60_000;
const PAGE_SIZE = 200;

const ACTOR: Actor = { kind: 'service', id: 'artifact.retention', name: 'artifact.retention', issuer: 'millrace' };

/** What is deployed and how it came about. */
interface Deployed {
  readonly executionIds: ReadonlySet<string>;
  readonly sha256s: ReadonlySet<string>;
}

/**
 * Lets artifacts and logs expire when they are older than configured; never what belongs to a deployed revision (the inputs of the
 * deployments that their targets keep, and whatever the same executions have stored), nor to an execution that is under way. It only
 * records the expiry; the removal of the bytes follows from that fact.
 *
 * Once a day, and a minute after the start. A sweep that is missed costs nothing, since the next one finds the same, so that it
 * needs no deadline in the log.
 */
export class RetentionSweep {
  readonly #ports: Omit<ArtifactPorts, 'objects' | 'logs' | 'store'>;
  #timer: Timer | undefined;
  #sweeping: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(ports: Omit<ArtifactPorts, 'objects' | 'logs' | 'store'>) {
    this.#ports = ports;
  }

  start(): void {
    this.#arm(FIRST_SWEEP_AFTER_MS);
  }

  /** Resolves when a sweep that is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#sweeping;
  }

  /** @returns how many have expired. */
  async sweep(): Promise<number> {
    const deployed = await this.#deployed();
    const { artifactDays, logDays } = { ...RETENTION_DEFAULT, ...this.#ports.retention };
    return (
      (await this.#expireOld('artifact', artifactDays, deployed)) + (await this.#expireOld('log', logDays, deployed))
    );
  }

  #arm(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#ports.timers.after(delayMs, () => {
      this.#sweeping = this.#sweepAndArm();
    });
  }

  async #sweepAndArm(): Promise<void> {
    const { logger } = this.#ports;
    try {
      const expired = await this.sweep();
      if (expired > 0) logger.info({ expired }, 'Artifacts and logs have expired');
    } catch (error) {
      if (isOperational(error)) logger.warn({ error }, 'The retention could not end its work; it goes on tomorrow');
      else logger.error({ error }, 'The retention could not end its work; it goes on tomorrow');
    }
    this.#arm(DAY_MS);
  }

  async #expireOld(kind: HoldingDocument['kind'], days: number, deployed: Deployed): Promise<number> {
    if (days === 0) return 0;
    const oldest = new Date(this.#ports.clock.nowMs() - days * DAY_MS).toISOString();
    let expired = 0;
    for await (const { document } of this.#pages<HoldingDocument>(HOLDINGS, 'age', [kind])) {
      if (document.recordedAt > oldest || this.#stopped) break;
      if (await this.#isInUse(document, deployed)) continue;
      await this.#expire(document, `Older than ${days} days.`);
      expired += 1;
    }
    return expired;
  }

  async #isInUse({ project, executionId, sha256 }: HoldingDocument, deployed: Deployed): Promise<boolean> {
    if (deployed.executionIds.has(executionId) || (sha256 !== undefined && deployed.sha256s.has(sha256))) return true;
    const active = await this.#ports.readModels.get(ACTIVE_EXECUTIONS, streams.execution(project, executionId));
    return active !== undefined;
  }

  async #expire({ kind, key, project, pipelineId, executionId, correlationId }: HoldingDocument, reason: string) {
    const command: AddressedCommand =
      kind === 'artifact'
        ? { target: 'artifact', type: 'ExpireArtifact', data: { artifactId: key, reason } }
        : { target: 'artifact', type: 'ExpireLog', data: { actionExecutionId: key, reason } };
    await this.#ports.commands.send(command, {
      commandId: uuidV5(NAMESPACES.deadline, 'artifact.retention', kind, key),
      project,
      ...(pipelineId === undefined ? {} : { pipelineId }),
      executionId,
      actor: ACTOR,
      correlationId,
    });
  }

  async #deployed(): Promise<Deployed> {
    const executionIds = new Set<string>();
    const sha256s = new Set<string>();
    for await (const { document } of this.#pages<DeploymentDocument>(DEPLOYMENTS, 'project', [])) {
      for (const release of [...document.releases, ...Object.values(document.running)]) {
        if (release === undefined) continue;
        executionIds.add(release.executionId);
        for (const sha256 of release.sha256s) sha256s.add(sha256);
      }
    }
    return { executionIds, sha256s };
  }

  async *#pages<D extends JsonObject>(
    collection: string,
    index: string,
    equals: readonly string[],
  ): AsyncGenerator<StoredDocument<D>> {
    let page: Page<D> | undefined;
    do {
      const after: string | undefined = page?.items.at(-1)?.cursor;
      page = await this.#ports.readModels.page<D>(collection, {
        index,
        equals,
        limit: PAGE_SIZE,
        ...(after === undefined ? {} : { after }),
      });
      yield* page.items;
    } while (page.hasMore);
  }
}
