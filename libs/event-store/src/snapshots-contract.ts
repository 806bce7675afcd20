import { streams } from '@millrace/contracts';
import type { Snapshot, Snapshots } from './snapshots.js';

/** What every adapter of {@link Snapshots} keeps. */
export function describeSnapshots(name: string, open: () => Promise<Snapshots>): void {
  describe(`${name} as Snapshots`, () => {
    const stream = streams.traffic('default', 'p');
    const decider = { name: 'traffic', version: 3 };
    const snapshotAt = (revision: number): Snapshot => ({
      head: { revision, hash: String(revision % 10).repeat(64) },
      state: { waiting: ['Größe 🚀', null, 0.5], inside: { __proto__x: true }, revision },
      commands: [{ id: 'c1', revision: 0, position: '9007199254740993' }],
    });

    test('has none at first', async () => {
      expect(await (await open()).load(stream, decider)).toBeUndefined();
    });

    test('gives back what was saved, and the newest of it', async () => {
      const snapshots = await open();
      await snapshots.save(stream, decider, snapshotAt(500));
      expect(await snapshots.load(stream, decider)).toEqual(snapshotAt(500));
      await snapshots.save(stream, decider, snapshotAt(1_000));
      expect(await snapshots.load(stream, decider)).toEqual(snapshotAt(1_000));
    });

    test('keeps streams, deciders and their versions apart', async () => {
      const snapshots = await open();
      await snapshots.save(stream, decider, snapshotAt(500));
      expect(await snapshots.load(streams.traffic('default', 'q'), decider)).toBeUndefined();
      expect(await snapshots.load(stream, { ...decider, name: 'source' })).toBeUndefined();
      expect(await snapshots.load(stream, { ...decider, version: 4 })).toBeUndefined();
      expect(await snapshots.load(stream, { ...decider, version: 2 })).toBeUndefined();
    });

    test('what was saved is a copy', async () => {
      const snapshots = await open();
      const state = { waiting: ['a'] };
      await snapshots.save(stream, decider, { ...snapshotAt(500), state });
      state.waiting.push('b');
      expect((await snapshots.load(stream, decider))?.state).toEqual({ waiting: ['a'] });
    });
  });
}
