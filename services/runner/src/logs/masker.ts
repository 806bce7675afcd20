/** Shorter values would mask half of every log. */
export const SECRET_LENGTH_MIN = 4;
const MASK = '***';

/**
 * Replaces secret values in a stream of bytes, also where a value lies across the border of two chunks. It holds back no more than what
 * may still become a secret. A seat belt, not a wall: a command can always print a secret in another guise.
 */
export class Masker {
  /** Values as latin1 text, one character a byte, longest first. */
  #secrets: readonly string[] = [];
  #pattern: RegExp | undefined;
  #held = '';

  constructor(secrets: Iterable<string> = []) {
    this.add(...secrets);
  }

  /** Masks these from now on; each line of a value of several lines and its base64 form too. */
  add(...secrets: string[]): void {
    const all = new Set(this.#secrets);
    for (const secret of secrets.flatMap(guises)) all.add(secret);
    this.#secrets = [...all].sort((a, b) => b.length - a.length);
    if (this.#secrets.length === 0) return;
    this.#pattern = new RegExp(this.#secrets.map(escapePattern).join('|'), 'g');
  }

  /** What may go out now. */
  push(chunk: Buffer): Buffer {
    if (this.#pattern === undefined) return chunk;
    return this.#mask(this.#held + chunk.toString('latin1'), true);
  }

  /** The rest, at the end of the stream. */
  end(): Buffer {
    const rest = this.#held;
    this.#held = '';
    return this.#mask(rest, false);
  }

  #mask(text: string, more: boolean): Buffer {
    let out = '';
    let position = 0;
    this.#held = '';
    for (;;) {
      const open = more ? this.#openAt(text, position) : text.length;
      const match = this.#matchAt(text, position);
      // A whole secret before the first beginning of one is settled; behind it, a longer one may be on its way.
      if (match === undefined || match.start >= open) {
        this.#held = text.slice(open);
        return Buffer.from(out + text.slice(position, open), 'latin1');
      }
      out += text.slice(position, match.start) + MASK;
      position = match.end;
    }
  }

  #matchAt(text: string, position: number): { readonly start: number; readonly end: number } | undefined {
    if (this.#pattern === undefined) return undefined;
    this.#pattern.lastIndex = position;
    const found = this.#pattern.exec(text);
    return found === null ? undefined : { start: found.index, end: found.index + found[0].length };
  }

  /** Where the first tail begins, at or after `position`, that is the beginning of a secret but not a whole one; else the length. */
  #openAt(text: string, position: number): number {
    const longest = this.#secrets[0]?.length ?? 0;
    for (let start = Math.max(position, text.length - longest + 1); start < text.length; start++) {
      const length = text.length - start;
      const first = text[start];
      if (this.#secrets.some((s) => s.length > length && s[0] === first && text.endsWith(s.slice(0, length))))
        return start;
    }
    return text.length;
  }
}

function guises(secret: string): string[] {
  const lines = secret.split(/\r?\n/);
  return [secret, ...lines, Buffer.from(secret).toString('base64').replace(/=+$/, '')]
    .filter((value) => value.length >= SECRET_LENGTH_MIN)
    .map((value) => Buffer.from(value, 'utf8').toString('latin1'));
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
