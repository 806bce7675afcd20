import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type * as Sdk from '@aws-sdk/client-s3';
import type { S3Address } from './address.js';
import { asOperational, isAbsent, timedOut } from './failures.js';

export interface BucketOptions {
  readonly address: S3Address;
  /** What one request may take, and how long a stream may be silent. Default 30,000. */
  readonly timeoutMs?: number;
}

export interface UploadedPart {
  readonly PartNumber: number;
  readonly ETag: string | undefined;
}

export interface ListedObject {
  /** Without the address's prefix. */
  readonly key: string;
  readonly size: number;
}

const TIMEOUT_MS = 30_000;
const ATTEMPTS_MAX = 3;
const SOCKETS_MAX = 200;
/** Uploads that nobody goes on with, after this long: their process was killed. */
const ABANDONED_AFTER_MS = 86_400_000;
const ABANDONED_AT_ONCE = 100;

/** One bucket of any S3-compatible endpoint. Every request is bounded here: the client's own time-outs do not end one to a frozen server. */
export class Bucket {
  private constructor(
    private readonly sdk: typeof Sdk,
    private readonly client: Sdk.S3Client,
    private readonly address: S3Address,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Makes a bucket that is not there, with versions. One that is there stays as it is.
   *
   * @throws OperationalError
   */
  static async open({ address, timeoutMs = TIMEOUT_MS }: BucketOptions): Promise<Bucket> {
    // Loaded here, since it takes 33 MB, which the embedded product has no use for.
    const sdk = await import('@aws-sdk/client-s3');
    const client = new sdk.S3Client({
      region: address.region,
      forcePathStyle: address.isPathStyle,
      maxAttempts: ATTEMPTS_MAX,
      // The newer checksum headers are refused by many an endpoint; each body goes with its MD5, which all of them check.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: timeoutMs,
        requestTimeout: timeoutMs,
        throwOnRequestTimeout: true,
        httpAgent: { maxSockets: SOCKETS_MAX },
        httpsAgent: { maxSockets: SOCKETS_MAX },
      },
      ...(address.endpoint !== undefined && { endpoint: address.endpoint }),
      ...(address.credentials !== undefined && { credentials: address.credentials }),
    });
    const bucket = new Bucket(sdk, client, address, timeoutMs);
    try {
      await bucket.exist();
      return bucket;
    } catch (error) {
      bucket.close();
      throw error;
    }
  }

  close(): void {
    this.client.destroy();
  }

  /** Bytes; undefined when it is not there. */
  async size(key: string): Promise<number | undefined> {
    const found = await this.ifThere((abortSignal) =>
      this.client.send(new this.sdk.HeadObjectCommand(this.at(key)), { abortSignal }),
    );
    return found === undefined ? undefined : (found.ContentLength ?? 0);
  }

  /** Undefined when it is not there. The end is inclusive, as in HTTP. */
  async read(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable | undefined> {
    const Range = range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` };
    const found = await this.ifThere((abortSignal) =>
      this.client.send(new this.sdk.GetObjectCommand({ ...this.at(key), ...Range }), { abortSignal }),
    );
    return found === undefined ? undefined : this.watched(found.Body as Readable);
  }

  /** All of it at once: there when it resolves; when it fails, perhaps. */
  async put(key: string, body: Buffer): Promise<void> {
    const content = { Body: body, ContentLength: body.length, ContentMD5: md5(body) };
    await this.bounded(
      (abortSignal) =>
        this.client.send(new this.sdk.PutObjectCommand({ ...this.at(key), ...content }), { abortSignal }),
      true,
    );
  }

  async remove(key: string): Promise<void> {
    await this.ifThere((abortSignal) =>
      this.client.send(new this.sdk.DeleteObjectCommand(this.at(key)), { abortSignal }),
    );
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    const { bucket: Bucket, prefix: before } = this.address;
    let token: string | undefined;
    do {
      const next = { Bucket, Prefix: before + prefix, ...(token !== undefined && { ContinuationToken: token }) };
      const page = await this.bounded((abortSignal) =>
        this.client.send(new this.sdk.ListObjectsV2Command(next), { abortSignal }),
      );
      for (const { Key = '', Size = 0 } of page.Contents ?? []) yield { key: Key.slice(before.length), size: Size };
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** Nothing of it is visible before it is completed. */
  async beginUpload(key: string): Promise<string> {
    const { UploadId } = await this.bounded((abortSignal) =>
      this.client.send(new this.sdk.CreateMultipartUploadCommand(this.at(key)), { abortSignal }),
    );
    if (UploadId === undefined) throw asOperational(new Error('It has begun no upload.'));
    return UploadId;
  }

  async uploadPart(key: string, uploadId: string, PartNumber: number, body: Buffer): Promise<UploadedPart> {
    const part = { UploadId: uploadId, PartNumber, Body: body, ContentLength: body.length, ContentMD5: md5(body) };
    const { ETag } = await this.bounded((abortSignal) =>
      this.client.send(new this.sdk.UploadPartCommand({ ...this.at(key), ...part }), { abortSignal }),
    );
    return { PartNumber, ETag };
  }

  async completeUpload(key: string, uploadId: string, parts: readonly UploadedPart[]): Promise<void> {
    const whole = { UploadId: uploadId, MultipartUpload: { Parts: [...parts] } };
    await this.bounded(
      (abortSignal) =>
        this.client.send(new this.sdk.CompleteMultipartUploadCommand({ ...this.at(key), ...whole }), { abortSignal }),
      true,
    );
  }

  async abortUpload(key: string, uploadId: string): Promise<void> {
    const upload = { ...this.at(key), UploadId: uploadId };
    await this.bounded((abortSignal) =>
      this.client.send(new this.sdk.AbortMultipartUploadCommand(upload), { abortSignal }),
    );
  }

  /** Gives up some of what killed processes have begun: nobody sees it, but it is paid for. */
  async abortAbandoned(now: number): Promise<void> {
    const { bucket: Bucket, prefix: Prefix } = this.address;
    const { Uploads = [] } = await this.bounded((abortSignal) =>
      this.client.send(new this.sdk.ListMultipartUploadsCommand({ Bucket, Prefix, MaxUploads: ABANDONED_AT_ONCE }), {
        abortSignal,
      }),
    );
    for (const { Key = '', UploadId = '', Initiated } of Uploads)
      if (Initiated !== undefined && Initiated.getTime() < now - ABANDONED_AFTER_MS)
        await this.abortUpload(Key.slice(Prefix.length), UploadId);
  }

  private async exist(): Promise<void> {
    const { bucket: Bucket } = this.address;
    const found = await this.ifThere((abortSignal) =>
      this.client.send(new this.sdk.HeadBucketCommand({ Bucket }), { abortSignal }),
    );
    if (found !== undefined) return;
    try {
      await this.bounded((abortSignal) =>
        this.client.send(new this.sdk.CreateBucketCommand({ Bucket }), { abortSignal }),
      );
    } catch (error) {
      // Others start at the same time.
      const { cause } = error as { cause?: { name?: unknown } };
      if (cause?.name !== 'BucketAlreadyOwnedByYou') throw error;
    }
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await this.bounded((abortSignal) =>
      this.client.send(new this.sdk.PutBucketVersioningCommand({ Bucket, VersioningConfiguration }), { abortSignal }),
    );
  }

  private at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.address.bucket, Key: this.address.prefix + key };
  }

  private async ifThere<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.bounded(work);
    } catch (error) {
      if (isAbsent((error as { cause?: unknown }).cause)) return undefined;
      throw error;
    }
  }

  private async bounded<T>(work: (signal: AbortSignal) => Promise<T>, mayHaveHappened = false): Promise<T> {
    // Not `AbortSignal.timeout`, which would end the body of a slow reader as well.
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), this.timeoutMs);
    try {
      return await work(controller.signal);
    } catch (error) {
      throw asOperational(controller.signal.aborted ? timedOut(this.timeoutMs) : error, mayHaveHappened);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A body whose silence ends it. Only the time that somebody waits for it counts. */
  private watched(body: Readable): Readable {
    const { timeoutMs } = this;
    async function* chunks(): AsyncGenerator<Buffer> {
      const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
      try {
        for (;;) {
          const timer = setTimeout(() => body.destroy(timedOut(timeoutMs)), timeoutMs);
          const next = await iterator.next().finally(() => clearTimeout(timer));
          if (next.done === true) return;
          yield next.value;
        }
      } catch (error) {
        throw asOperational(error);
      } finally {
        body.destroy();
      }
    }
    return Readable.from(chunks(), { objectMode: false });
  }
}

function md5(body: Buffer): string {
  return createHash('md5').update(body).digest('base64');
}
