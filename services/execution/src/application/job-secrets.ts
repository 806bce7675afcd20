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
/** Kept in memory: a job asks for its nonce twice and shows its token with each request. */
const KNOWN_MAX = 5_000;

/**
 * Nonces and job tokens are derived from a key, not stored: the same lease request gets the same ones again, after a restart too, and
 * the log holds no secret.
 */
export class JobSecrets {
  private readonly key: KeyObject;
  private readonly nonces = new Map<string, string>();
  private readonly issued = new Map<string, JobTokenClaims>();

  /** @param key - 256 random bits, kept in the data directory. */
  constructor(key: Buffer) {
    // Made once: from bytes, each MAC would make it anew, which costs five times as much as the MAC.
    this.key = createSecretKey(key);
  }

  /** Unguessable; 128 bits, lower-case hex. */
  nonce(jobId: string, leaseId: string): string {
    const name = `nonce\n${jobId}\n${leaseId}`;
    const known = this.nonces.get(name);
    return known ?? remember(this.nonces, name, this.mac(name).subarray(0, 16).toString('hex'));
  }

  /** What the log keeps of a nonce: SHA-256, lower-case hex. */
  hash(nonce: string): string {
    return hash('sha256', nonce, 'hex');
  }

  token(claims: JobTokenClaims): string {
    const payload = Buffer.from(
      JSON.stringify([claims.kind, claims.project, claims.executionId, claims.jobId, claims.leaseId]),
    ).toString('base64url');
    const token = `${PREFIX}${payload}.${this.mac(`token\n${payload}`).toString('base64url')}`;
    remember(this.issued, token, claims);
    return token;
  }

  /** Undefined for a token that is not ours. */
  verify(token: string): JobTokenClaims | undefined {
    const known = this.issued.get(token);
    if (known !== undefined) return known;
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

function remember<T>(values: Map<string, T>, name: string, value: T): T {
  values.set(name, value);
  const oldest = values.size > KNOWN_MAX ? values.keys().next().value : undefined;
  if (oldest !== undefined) values.delete(oldest);
  return value;
}
