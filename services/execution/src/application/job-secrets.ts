import { createHmac, createSecretKey, hash, timingSafeEqual, type KeyObject } from 'node:crypto';

/** What a job token says. */
export interface JobTokenClaims {
  readonly kind: 'action' | 'look';
  readonly project: string;
  /** Empty for a look. */
  readonly executionId: string;
  readonly jobId: string;
  readonly leaseId: string;
}

const PREFIX = 'mrj_';

/**
 * Nonces and job tokens are derived from a key, not stored: the same lease request gets the same ones again, after a restart too, and
 * the log holds no secret.
 */
export class JobSecrets {
  private readonly key: KeyObject;

  /** @param key - 256 random bits, kept in the data directory. */
  constructor(key: Buffer) {
    // Made once: from bytes, each MAC would make it anew, which costs five times as much as the MAC.
    this.key = createSecretKey(key);
  }

  /** Unguessable; 128 bits, lower-case hex. */
  nonce(jobId: string, leaseId: string): string {
    return this.mac(`nonce\n${jobId}\n${leaseId}`).subarray(0, 16).toString('hex');
  }

  /** What the log keeps of a nonce: SHA-256, lower-case hex. */
  hash(nonce: string): string {
    return hash('sha256', nonce, 'hex');
  }

  token(claims: JobTokenClaims): string {
    const payload = Buffer.from(
      JSON.stringify([claims.kind, claims.project, claims.executionId, claims.jobId, claims.leaseId]),
    ).toString('base64url');
    return `${PREFIX}${payload}.${this.mac(`token\n${payload}`).toString('base64url')}`;
  }

  /** Undefined for a token that is not ours. */
  verify(token: string): JobTokenClaims | undefined {
    const [payload, signature, ...rest] = token.startsWith(PREFIX) ? token.slice(PREFIX.length).split('.') : [];
    if (payload === undefined || signature === undefined || rest.length > 0) return undefined;
    const expected = this.mac(`token\n${payload}`);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const [kind, project, executionId, jobId, leaseId] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [
      JobTokenClaims['kind'],
      string,
      string,
      string,
      string,
    ];
    return { kind, project, executionId, jobId, leaseId };
  }

  private mac(text: string): Buffer {
    return createHmac('sha256', this.key).update(text).digest();
  }
}
