import type { Snapshot, Snapshots } from './snapshots.js';

/** Snapshots for tests and tools; through JSON, so that a state which is no plain JSON shows at once. */
export function memorySnapshots(): Snapshots {
  const saved = new Map<string, string>();
  return {
    async load(stream, { name, version }) {
      const text = saved.get(JSON.stringify([stream, name, version]));
      return text === undefined ? undefined : (JSON.parse(text) as Snapshot);
    },
    async save(stream, { name, version }, snapshot) {
      saved.set(JSON.stringify([stream, name, version]), JSON.stringify(snapshot));
    },
  };
}
