import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { DEFAULT_PROJECT, streams, type Fact, type JsonObject, type StreamName } from '@millrace/contracts';
import { artifactEventTypes, type ArtifactEvent } from '@millrace/contracts/artifact';
import { pipelineEventTypes } from '@millrace/contracts/pipeline-definition';
import { NAMESPACES, uuidV5, type Actor } from '@millrace/decider';
import { createFaults, createLifecycle, silentLogger, type Lifecycle } from '@millrace/runtime';
import { openEngines } from '../../engines.js';
import { secretKey } from '../../secret-key.js';
import { viewsInProcess } from '../../testing/views-in-process.js';

const ADA: Actor = { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' };
const NOON = '2026-11-24T12:00:00.000Z';
const EXECUTION = 'e1';

type Engines = Awaited<ReturnType<typeof openEngines>>;

/** Real engines on a real directory, with what services would have written. */
export class Installation {
  private commands = 0;

  private constructor(
    readonly directory: string,
    readonly engines: Engines,
    private readonly lifecycle: Lifecycle,
  ) {}

  static async open(directory = mkdtempSync(join(tmpdir(), 'millrace-data-'))): Promise<Installation> {
    const lifecycle = createLifecycle({ logger: silentLogger });
    const engines = await openEngines({
      directory,
      acceptLoss: false,
      logger: silentLogger,
      lifecycle,
      faults: createFaults({ crashAt: undefined, allowFaults: false, isProduction: false }),
      onFatal: (error) => {
        throw error;
      },
      openViews: viewsInProcess,
    });
    await secretKey(directory, 'job-key');
    return new Installation(directory, engines, lifecycle);
  }

  /** Some pipelines, artifacts and logs, seen by every view. */
  static async filled(): Promise<Installation> {
    const installation = await Installation.open();
    for (const name of ['shop', 'website', 'docs']) await installation.createPipeline(name);
    await installation.storeArtifact('app', 'the application');
    await installation.storeArtifact('tests', 'the tests');
    await installation.closeLog('a1', 'compiled\n');
    await installation.closeLog('a2', 'tested\n');
    await installation.settled();
    return installation;
  }

  /** Stops in an orderly way; the data stays. */
  async stop(): Promise<void> {
    await this.lifecycle.stop('the test is over');
  }

  /** Takes the data away, too. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  createPipeline(name: string): Promise<void> {
    const declaration = { name, stages: [{ name: 'Source', actions: [] }], executionMode: 'SUPERSEDED' };
    const pipelineId = `id-of-${name}`;
    return this.append(
      streams.pipeline(DEFAULT_PROJECT, name),
      pipelineEventTypes.versions.PipelineCreated,
      [
        {
          type: 'PipelineCreated',
          data: { pipelineId, name, version: 1, declaration, tags: [], createdAt: NOON },
        },
      ],
      { pipelineId },
    );
  }

  /** @returns the digest of its bytes. */
  async storeArtifact(artifactId: string, content: string): Promise<string> {
    const { sha256, bytes } = described(content);
    await this.engines.objects.put(DEFAULT_PROJECT, Readable.from([content]), { sha256, size: bytes });
    await this.artifactFact(artifactId, {
      type: 'ArtifactStored',
      data: { ...producer('a1'), artifactId, name: artifactId, sha256, bytes },
    });
    return sha256;
  }

  async expireArtifact(artifactId: string, content: string): Promise<void> {
    const { sha256, bytes } = described(content);
    await this.artifactFact(artifactId, {
      type: 'ArtifactExpired',
      data: { artifactId, sha256, bytes, reason: 'Older than 90 days.' },
    });
    await this.engines.objects.remove(DEFAULT_PROJECT, sha256);
  }

  async closeLog(actionExecutionId: string, content: string): Promise<void> {
    const log = { project: DEFAULT_PROJECT, executionId: EXECUTION, actionExecutionId };
    await this.engines.logs.append(log, 0, Buffer.from(content));
    const closed = await this.engines.logs.close(log);
    await this.artifactFact(`log.${actionExecutionId}`, {
      type: 'LogClosed',
      data: { ...producer(actionExecutionId), ...closed },
    });
  }

  async append(
    stream: StreamName,
    version: number,
    facts: readonly Fact[],
    about: { readonly pipelineId?: string; readonly executionId?: string } = {},
  ): Promise<void> {
    const { store } = this.engines;
    const { head } = await store.readStream(stream, { limit: 1 });
    this.commands += 1;
    const commandId = uuidV5(NAMESPACES.command, 'installation', stream, head.revision, this.commands);
    const metadata = {
      ...about,
      time: NOON,
      project: DEFAULT_PROJECT,
      commandId,
      actor: ADA,
      correlationId: commandId,
    };
    await store.append(
      stream,
      head,
      facts.map(({ type, data }, index) => ({
        type,
        version,
        data: data as JsonObject,
        metadata: { ...metadata, id: uuidV5(NAMESPACES.event, commandId, index) },
      })),
    );
  }

  /** Until every view has seen everything. */
  async settled(): Promise<void> {
    const { position } = await this.engines.store.head();
    if (!(await this.engines.projector.reached(position, 10_000))) throw new Error('The views did not come so far.');
  }

  private artifactFact(key: string, fact: ArtifactEvent): Promise<void> {
    return this.append(streams.artifact(DEFAULT_PROJECT, key), artifactEventTypes.versions[fact.type], [fact], {
      executionId: EXECUTION,
    });
  }
}

export function described(content: string): { readonly sha256: string; readonly bytes: number } {
  return { sha256: createHash('sha256').update(content).digest('hex'), bytes: Buffer.byteLength(content) };
}

function producer(actionExecutionId: string) {
  return { executionId: EXECUTION, pipelineName: 'shop', stage: 'Build', action: 'Compile', actionExecutionId };
}
