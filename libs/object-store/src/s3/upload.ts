import type { Bucket, UploadedPart } from './bucket.js';

/** Parts on their way at once: one is sent while the next comes in. */
const PARTS_AT_ONCE = 2;

/** An upload in parts, of which nothing is visible until it is completed. */
export class Upload {
  private readonly under = new Set<Promise<void>>();
  private readonly parts: UploadedPart[] = [];
  private count = 0;
  private failure: { readonly error: unknown } | undefined;

  private constructor(
    private readonly bucket: Bucket,
    private readonly key: string,
    private readonly uploadId: string,
  ) {}

  static async begin(bucket: Bucket, key: string): Promise<Upload> {
    return new Upload(bucket, key, await bucket.beginUpload(key));
  }

  /** Resolves when there is room for the next one. @throws OperationalError when this or an earlier one has failed. */
  async add(body: Buffer): Promise<void> {
    this.count += 1;
    const sent = this.bucket.uploadPart(this.key, this.uploadId, this.count, body).then(
      (part) => void this.parts.push(part),
      (error: unknown) => void (this.failure ??= { error }),
    );
    const done = sent.finally(() => this.under.delete(done));
    this.under.add(done);
    if (this.under.size >= PARTS_AT_ONCE) await Promise.race(this.under);
    this.check();
  }

  /** @throws OperationalError; it may be there all the same, and whole. */
  async complete(): Promise<void> {
    await Promise.all(this.under);
    this.check();
    const parts = this.parts.toSorted((one, other) => one.PartNumber - other.PartNumber);
    await this.bucket.completeUpload(this.key, this.uploadId, parts);
  }

  /** Best effort: what is left is given up by a later start. */
  async abort(): Promise<void> {
    await Promise.all(this.under);
    await this.bucket.abortUpload(this.key, this.uploadId).catch(() => undefined);
  }

  private check(): void {
    if (this.failure !== undefined) throw this.failure.error;
  }
}
