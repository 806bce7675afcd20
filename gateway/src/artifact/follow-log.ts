import { liveIterator } from '../live/live-iterator.js';
import type { LiveIterator, LogPart } from '../ports.js';

export interface LogChunk extends LogPart {
  readonly end: boolean;
}

/** The parts of a log, and behind the last one a part without text that says so: the subscriber need not guess why it ended. */
export function withEnd(source: LiveIterator<LogPart>, offset: number): LiveIterator<LogChunk> {
  let at = offset;
  let ended = false;
  const pull = async (): Promise<LogChunk | undefined> => {
    if (ended) return undefined;
    const result = await source.next();
    if (result.done === true) {
      ended = true;
      return { offset: at, nextOffset: at, text: '', end: true };
    }
    at = result.value.nextOffset;
    return { ...result.value, end: false };
  };
  return liveIterator(pull, () => void source.return());
}
