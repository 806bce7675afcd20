import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a holder shows: `mrt_<token id, 32 hex digits>_<256 random bits, base64url>`. */
export interface TokenText {
  readonly tokenId: string;
  readonly secret: string;
}

const FORM = /^mrt_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

export function parseToken(text: string): TokenText | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  return { tokenId: match.slice(1, 6).join('-'), secret: match[6] ?? '' };
}

export function tokenText(token: TokenText): string {
  return `mrt_${token.tokenId.replaceAll('-', '')}_${token.secret}`;
}

export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** The secret has 256 random bits, so that a plain SHA-256 can't be searched and needs no salt. Lower-case hex. */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** In constant time for hashes of one length; `timingSafeEqual` throws on others. */
export function sameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
