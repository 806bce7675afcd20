import type { ActionLogs, LogId } from '@millrace/action-logs';
import type { LiveIterator, LogPart } from '../ports.js';
import { liveIterator } from './live-iterator.js';

/** A character's bytes at most, less one: what may have to wait for its rest. */
const TAIL_BYTES_MAX = 3;

/** A log from an offset on, cut between characters, so that each part is text by itself. */
export function followLog(logs: ActionLogs, log: LogId, offset: number): LiveIterator<LogPart> {
  let source: AsyncIterator<{ readonly offset: number; readonly bytes: Uint8Array }> | undefined;
  let at = offset;
  let rest = new Uint8Array(0);

  const part = (bytes: Uint8Array, length: number): LogPart => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('utf8');
    const made = { offset: at, nextOffset: at + length, text };
    at += length;
    rest = bytes.slice(length);
    return made;
  };

  return liveIterator(async (signal) => {
    source ??= logs.follow(log, offset, signal)[Symbol.asyncIterator]();
    for (;;) {
      const next = await source.next();
      if (next.done === true) return rest.length > 0 ? part(rest, rest.length) : undefined;
      const bytes = rest.length === 0 ? next.value.bytes : Buffer.concat([rest, next.value.bytes]);
      const length = wholeCharacters(bytes);
      if (length > 0) return part(bytes, length);
      rest = bytes.slice();
    }
  });
}

/** How many bytes there are up to the last whole UTF-8 character. What is no UTF-8 counts as whole. */
export function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(TAIL_BYTES_MAX, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    return byte >= 0b1100_0000 && characterBytes(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function characterBytes(first: number): number {
  if (first >= 0b1111_0000) return 4;
  return first >= 0b1110_0000 ? 3 : 2;
}
