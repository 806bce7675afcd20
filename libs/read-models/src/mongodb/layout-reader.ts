import { OperationalError } from '@millrace/runtime';
import type { Layout, LayoutStore } from './layout.js';

/** A reader that meets a change as often as this meets nothing else. */
const ATTEMPTS_MAX = 10;

/** The layout as it was last seen, and whether it still is. */
export class LayoutReader {
  private known: Layout | undefined;

  constructor(private readonly store: LayoutStore) {}

  saw(layout: Layout): void {
    if (this.known === undefined || layout.version > this.known.version) this.known = layout;
  }

  /**
   * Reads by the layout that holds while it reads: another process may swap a rebuilt generation in at any time, and whoever has seen its
   * checkpoint must not be given a document of the old one. The look at the version goes beside the read and costs it no time.
   */
  async read<T>(work: (layout: Layout) => Promise<T>): Promise<T> {
    for (let attempts = 0; attempts < ATTEMPTS_MAX; attempts += 1) {
      const layout = this.known ?? (await this.reload());
      const [result, version] = await Promise.all([settled(work, layout), this.store.version()]);
      if (version !== layout.version) await this.reload();
      else if ('value' in result) return result.value;
      else throw result.error;
    }
    throw new OperationalError('The layout of the read models changes all the time.', { retryable: true });
  }

  /** Whether it is still the one. */
  async holds(layout: Layout): Promise<boolean> {
    if ((await this.store.version()) === layout.version) return true;
    await this.reload();
    return false;
  }

  private async reload(): Promise<Layout> {
    // Replaced whatever its version: a server that was restored from a copy has an older one.
    this.known = await this.store.load();
    return this.known;
  }
}

async function settled<T>(
  work: (layout: Layout) => Promise<T>,
  layout: Layout,
): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await work(layout) };
  } catch (error) {
    return { error };
  }
}
