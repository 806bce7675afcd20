import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { checkProject, checkRange, checkSha256, isSha256 } from '../names.js';
import type { ByteRange, ObjectStore, StoredObject } from '../object-store.js';
import { parseS3Address } from './address.js';
import { Bucket } from './bucket.js';
import { Upload } from './upload.js';

export interface S3ObjectStoreOptions {
  /** As {@link parseS3Address} takes it, e.g. `s3://bucket/prefix?region=eu-central-1`. */
  readonly address: string;
  /** What one request may take, and how long a stream may be silent, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
  /** A named place where a test can end the process: all parts are sent, the object is not yet visible. */
  readonly fault?: (point: 'publish') => void;
}

/** The least that S3 takes for a part is 5 MiB, the most 10,000 of them. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_MAX = 10_000;

/**
 * Objects in a bucket: `<prefix>objects/<project>/<aa>/<sha256>`. An object becomes visible by one request, when its digest is known to be
 * right: small ones by a put, others by the completion of an upload in parts. Any number of processes share it.
 */
export class S3ObjectStore implements ObjectStore {
  private constructor(
    private readonly bucket: Bucket,
    private readonly fault: (point: 'publish') => void,
  ) {}

  /**
   * @throws RangeError for what is no address.
   * @throws OperationalError when the endpoint can't be reached (retryable), or denies access.
   */
  static async open({ address, fault, ...options }: S3ObjectStoreOptions): Promise<S3ObjectStore> {
    const bucket = await Bucket.open({ ...options, address: parseS3Address(address) });
    // Nobody waits for it, and an endpoint that can't do it is as good.
    bucket.abortAbandoned(Date.now()).catch(() => undefined);
    return new S3ObjectStore(bucket, fault ?? (() => undefined));
  }

  async put(project: string, content: Readable, expected: StoredObject): Promise<StoredObject> {
    // A content that fails while nobody reads it yet must not end the process.
    content.on('error', () => undefined);
    try {
      const key = keyOf(project, expected.sha256);
      if (expected.size <= PART_BYTES) await this.putWhole(key, content, expected);
      else await this.putInParts(key, content, expected);
      return { size: expected.size, sha256: expected.sha256 };
    } catch (error) {
      content.destroy();
      throw error;
    }
  }

  async stat(project: string, sha256: string): Promise<StoredObject | undefined> {
    const size = await this.bucket.size(keyOf(project, sha256));
    return size === undefined ? undefined : { size, sha256 };
  }

  async read(project: string, sha256: string, range?: ByteRange): Promise<Readable> {
    const key = keyOf(project, sha256);
    const size = await this.bucket.size(key);
    if (size === undefined) throw new RangeError(`There is no object ${sha256}.`);
    const { start, end } = checkRange(range, size);
    // HTTP knows no empty range.
    if (start === end) return Readable.from([], { objectMode: false });
    const body = await this.bucket.read(key, range === undefined ? undefined : { start, end: end - 1 });
    if (body === undefined) throw new RangeError(`There is no object ${sha256}.`);
    return body;
  }

  /** In a bucket with versions the object can be brought back, until a rule of the bucket ends its earlier versions. */
  async remove(project: string, sha256: string): Promise<void> {
    await this.bucket.remove(keyOf(project, sha256));
  }

  async *list(project: string): AsyncIterable<StoredObject> {
    checkProject(project);
    for await (const { key, size } of this.bucket.list(`objects/${project}/`)) {
      const sha256 = key.slice(key.lastIndexOf('/') + 1);
      // What is no object of ours is not listed, and found by nobody.
      if (isSha256(sha256) && key === keyOf(project, sha256)) yield { size, sha256 };
    }
  }

  async verify(project: string, sha256: string): Promise<boolean> {
    const body = await this.bucket.read(keyOf(project, sha256));
    if (body === undefined) return false;
    const hash = createHash('sha256');
    for await (const chunk of body) hash.update(chunk as Buffer);
    return hash.digest('hex') === sha256;
  }

  /** Ends its connections. */
  close(): void {
    this.bucket.close();
  }

  private async putWhole(key: string, content: Readable, expected: StoredObject): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of verified(content, expected)) chunks.push(chunk);
    this.fault('publish');
    await this.bucket.put(key, Buffer.concat(chunks));
  }

  private async putInParts(key: string, content: Readable, expected: StoredObject): Promise<void> {
    const partBytes = Math.max(PART_BYTES, Math.ceil(expected.size / PARTS_MAX));
    const upload = await Upload.begin(this.bucket, key);
    try {
      for await (const part of inParts(verified(content, expected), partBytes)) await upload.add(part);
      this.fault('publish');
    } catch (error) {
      await upload.abort();
      throw error;
    }
    await this.publish(upload, key, expected);
  }

  /** An answer that was lost is found out: a repeat of the completion would only say that there is no such upload any more. */
  private async publish(upload: Upload, key: string, { size }: StoredObject): Promise<void> {
    try {
      await upload.complete();
    } catch (error) {
      if ((await this.bucket.size(key).catch(() => undefined)) === size) return;
      await upload.abort();
      throw error;
    }
  }
}

/** @throws RangeError for a name that is none. */
function keyOf(project: string, sha256: string): string {
  checkProject(project);
  checkSha256(sha256);
  return `objects/${project}/${sha256.slice(0, 2)}/${sha256}`;
}

/** What the sender sends, as long as it is what the sender said; a RangeError at the latest when it ends. */
async function* verified(content: Readable, expected: StoredObject): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of content as AsyncIterable<Uint8Array | string>) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > expected.size) throw new RangeError(`More than the announced ${expected.size} bytes came.`);
    hash.update(bytes);
    yield bytes;
  }
  const sha256 = hash.digest('hex');
  if (size !== expected.size) throw new RangeError(`${size} bytes came, ${expected.size} were announced.`);
  if (sha256 !== expected.sha256)
    throw new RangeError(`The content has the SHA-256 ${sha256}, ${expected.sha256} was announced.`);
}

/** Parts of that many bytes, the last one of what is left. */
async function* inParts(content: AsyncIterable<Buffer>, partBytes: number): AsyncGenerator<Buffer> {
  let [held, bytes]: [Buffer[], number] = [[], 0];
  for await (const chunk of content) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes < partBytes) continue;
    const whole = Buffer.concat(held);
    let at = 0;
    for (; bytes - at >= partBytes; at += partBytes) yield whole.subarray(at, at + partBytes);
    [held, bytes] = [[whole.subarray(at)], bytes - at];
  }
  if (bytes > 0) yield Buffer.concat(held);
}
