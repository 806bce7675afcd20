import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ActionJob } from '@millrace/contracts/runner';
import { ArchiveRefused } from '../archives/limits.js';
import { unzip } from '../archives/unzip.js';
import { zip } from '../archives/zip.js';
import type { Connection } from '../control-plane/connection.js';
import { Refused, Unreachable } from '../control-plane/control-plane.js';
import type { ControlPlane } from '../control-plane/control-plane.js';
import { persistently } from '../control-plane/persistently.js';
import { ActionFailed } from '../providers/provider.js';
import type { OutputFile, StoredOutput } from '../providers/provider.js';

/** Bytes that arrive wrong so often are wrong where they come from. */
const DIGEST_TRIES_MAX = 3;

export interface TransferOptions {
  readonly job: ActionJob;
  /** Holds the archives while they are on their way. */
  readonly directory: string;
  readonly controlPlane: ControlPlane;
  readonly connection: Connection;
  readonly signal: AbortSignal;
}

/** Brings input artifacts in and output artifacts out. */
export class ArtifactTransfer {
  readonly #options: TransferOptions;

  constructor(options: TransferOptions) {
    this.#options = options;
  }

  async saveInput(name: string, file: string): Promise<void> {
    const artifact = this.#options.job.inputArtifacts.find((input) => input.name === name);
    if (artifact === undefined) throw new ActionFailed('ConfigurationError', `There is no input artifact ${name}.`);
    await this.#download(artifact, file);
  }

  async unpackInput(name: string, directory: string): Promise<void> {
    const { signal } = this.#options;
    const archive = join(this.#options.directory, `input-${name}.zip`);
    await this.saveInput(name, archive);
    await mkdir(directory, { recursive: true });
    await accepting(name, () => unzip(archive, directory, signal));
    await rm(archive, { force: true });
  }

  async storeOutput(name: string, files: readonly OutputFile[]): Promise<StoredOutput> {
    const { job, controlPlane, connection, signal } = this.#options;
    const archive = join(this.#options.directory, `output-${name}.zip`);
    const packed = await accepting(name, () => zip(files, archive, signal));
    const artifact = { name, ...packed, open: () => createReadStream(archive) };
    await persistently(connection, signal, () => controlPlane.putArtifact(job, artifact, signal));
    await rm(archive, { force: true });
    return { name, ...packed };
  }

  async #download(artifact: ActionJob['inputArtifacts'][number], archive: string): Promise<void> {
    const { connection, signal } = this.#options;
    for (let attempt = 1; attempt <= DIGEST_TRIES_MAX; attempt++) {
      const sha256 = await persistently(connection, signal, () => this.#receive(artifact, archive));
      if (sha256 === artifact.sha256) return;
    }
    throw new ActionFailed(
      'SystemUnavailable',
      `The artifact ${artifact.name} arrives damaged: its digest is not ${artifact.sha256}.`,
    );
  }

  async #receive(artifact: ActionJob['inputArtifacts'][number], archive: string): Promise<string> {
    const { job, controlPlane, signal } = this.#options;
    const content = await controlPlane.getArtifact(job, artifact.name, signal);
    const hash = createHash('sha256');
    let bytes = 0;
    const measure = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        hash.update(chunk);
        bytes += chunk.length;
        if (bytes <= artifact.bytes) done(null, chunk);
        else done(new Refused(200, 'ARTIFACT_TOO_LONG', `The artifact ${artifact.name} is longer than was said.`));
      },
    });
    try {
      await pipeline(content, measure, createWriteStream(archive), { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Refused || isLocal(error)) throw error;
      throw new Unreachable('The connection broke.', { cause: error });
    }
    return hash.digest('hex');
  }
}

/** A fault of this machine's disk, not of the connection. */
function isLocal(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '');
}

async function accepting<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ArchiveRefused) throw new ActionFailed('JobFailed', `Artifact ${name}: ${error.message}`);
    throw error;
  }
}
