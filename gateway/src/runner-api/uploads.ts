import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { streams } from '@millrace/contracts';
import { artifactEventTypes, type ArtifactEvent, type ArtifactStored } from '@millrace/contracts/artifact';
import type { ArtifactReply, JobGrant } from '@millrace/contracts/runner';
import { NAMESPACES, uuidV5, type Actor } from '@millrace/decider';
import type { EventStore } from '@millrace/event-store';
import type { Commands } from '@millrace/messaging';
import type { ObjectStore, StoredObject } from '@millrace/object-store';
import { HttpRefusal } from '../http/answers.js';

export interface UploadsOptions {
  readonly store: EventStore;
  readonly objects: ObjectStore;
  readonly commands: Commands;
  /** Bytes. */
  readonly artifactBytesMax: number;
}

export interface Upload {
  readonly content: Readable;
  readonly headers: IncomingHttpHeaders;
  readonly correlationId: string;
}

const SHA256 = /^[0-9a-f]{64}$/;
/** Events of an artifact's stream that matter: stored, expired. */
const ARTIFACT_EVENTS_MAX = 10;

/** Output artifacts: bytes first, then the fact (docs/decisions/0023). Repeating an upload is safe. */
export class Uploads {
  constructor(private readonly options: UploadsOptions) {}

  async store(grant: JobGrant, name: string, upload: Upload): Promise<ArtifactReply> {
    if (!grant.outputArtifacts.some((artifact) => artifact.name === name))
      throw new HttpRefusal(404, 'NOT_FOUND', `This job has no output artifact ${name}.`);
    const expected = this.#expected(upload.headers);
    const stored = await this.options.objects.put(grant.project, upload.content, expected).catch((error: unknown) => {
      if (!Error.isError(error) || error.name !== 'RangeError') throw error;
      throw new HttpRefusal(
        422,
        'CONTENT_DIFFERS',
        'Length or digest of the bytes differ from what their headers say.',
      );
    });
    await this.#record(grant, { name, stored, correlationId: upload.correlationId });
    return { sha256: stored.sha256, bytes: stored.size };
  }

  /**
   * @throws HttpRefusal `ARTIFACT_NOT_STORED` when the attempt has not stored one of them.
   */
  async require(
    grant: JobGrant,
    artifacts: readonly { readonly name: string; readonly sha256: string; readonly bytes: number }[],
  ): Promise<void> {
    for (const artifact of artifacts) {
      const found = await this.#stored(grant, artifact.name);
      if (found?.sha256 === artifact.sha256 && found.bytes === artifact.bytes) continue;
      throw new HttpRefusal(
        409,
        'ARTIFACT_NOT_STORED',
        `The artifact ${artifact.name} with this digest and length is not stored. Send its bytes first.`,
      );
    }
  }

  #expected(headers: IncomingHttpHeaders): StoredObject {
    const { artifactBytesMax } = this.options;
    const length = headers['content-length'];
    const sha256 = headers['x-content-sha256'];
    if (length === undefined)
      throw new HttpRefusal(411, 'LENGTH_REQUIRED', 'Say with Content-Length how many bytes follow.');
    if (typeof sha256 !== 'string' || !SHA256.test(sha256))
      throw new HttpRefusal(400, 'BAD_USER_INPUT', 'X-Content-SHA256 must be the digest as 64 lower-case hex digits.');
    if (Number(length) > artifactBytesMax)
      throw new HttpRefusal(
        413,
        'TOO_LARGE',
        `An artifact has ${artifactBytesMax} bytes at most; this one has ${length}.`,
      );
    return { size: Number(length), sha256 };
  }

  async #record(
    grant: JobGrant,
    {
      name,
      stored,
      correlationId,
    }: { readonly name: string; readonly stored: StoredObject; readonly correlationId: string },
  ): Promise<void> {
    const artifactId = artifactIdOf(grant, name);
    const data: ArtifactStored = {
      artifactId,
      name,
      sha256: stored.sha256,
      bytes: stored.size,
      executionId: grant.executionId,
      pipelineName: grant.pipelineName,
      stage: grant.stageName,
      action: grant.actionName,
      actionExecutionId: grant.actionExecutionId,
    };
    const reply = await this.options.commands.send(
      { target: 'artifact', type: 'RecordArtifact', data: { ...data } },
      {
        commandId: uuidV5(NAMESPACES.command, 'RecordArtifact', artifactId, stored.sha256),
        project: grant.project,
        actor: worker(grant),
        correlationId,
        causationId: grant.jobId,
      },
    );
    if (!reply.accepted) throw new HttpRefusal(409, reply.code, reply.message);
  }

  /** What the log says, which also knows what no view shows yet. */
  async #stored(grant: JobGrant, name: string): Promise<ArtifactStored | undefined> {
    const stream = streams.artifact(grant.project, artifactIdOf(grant, name));
    const { events } = await this.options.store.readStream(stream, { limit: ARTIFACT_EVENTS_MAX });
    return events
      .map((event) => artifactEventTypes.decode<ArtifactEvent>(event))
      .reduce<ArtifactStored | undefined>(
        (stored, event) =>
          event.type === 'ArtifactStored' ? event.data : event.type === 'ArtifactExpired' ? undefined : stored,
        undefined,
      );
  }
}

function artifactIdOf(grant: JobGrant, name: string): string {
  return uuidV5(grant.actionExecutionId, name);
}

/** The job's token says which job, not which runner. */
function worker(grant: JobGrant): Actor {
  return { kind: 'runner', id: grant.jobId, name: `${grant.stageName}/${grant.actionName}`, issuer: 'millrace' };
}
