import { liveIterator } from '../live/live-iterator.js';
import type { LiveIterator } from '../ports.js';

/** What `present` makes of each item; undefined is left out. Ends with its source, and ends it. */
export function mapLive<T, U>(source: LiveIterator<T>, present: (item: T) => U | undefined): LiveIterator<U> {
  const pull = async (): Promise<U | undefined> => {
    for (;;) {
      const next = await source.next();
      if (next.done === true) return undefined;
      const presented = present(next.value);
      if (presented !== undefined) return presented;
    }
  };
  return liveIterator(pull, () => void source.return());
}
