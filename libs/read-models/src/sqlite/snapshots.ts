import type { Snapshot, Snapshots } from '@millrace/event-store';
import type { ViewsDatabase } from './views-database.js';

/** One snapshot a stream and decider, the last that was saved: in the views' file, since both are only saved time (docs/decisions/0006). */
export class SqliteSnapshots implements Snapshots {
  constructor(private readonly database: ViewsDatabase) {}

  async load(...[stream, decider]: Parameters<Snapshots['load']>): Promise<Snapshot | undefined> {
    const row = this.database.guard(() =>
      this.database.first(
        'SELECT snapshot FROM snapshots WHERE stream = ? AND decider = ? AND version = ?',
        stream,
        decider.name,
        decider.version,
      ),
    );
    return row === undefined ? undefined : (JSON.parse(row['snapshot'] as string) as Snapshot);
  }

  /** Replaces whatever was there: a snapshot of another version of the decider serves nobody any more. */
  async save(...[stream, decider, snapshot]: Parameters<Snapshots['save']>): Promise<void> {
    const json = JSON.stringify(snapshot);
    this.database.transaction(() =>
      this.database.run(
        'INSERT OR REPLACE INTO snapshots (stream, decider, version, snapshot) VALUES (?, ?, ?, ?)',
        stream,
        decider.name,
        decider.version,
        json,
      ),
    );
    this.database.wrote(json.length + 8_192);
  }
}
