/** Runs tasks of one key one after the other, those of different keys side by side. */
export class Lanes<K> {
  private readonly tails = new Map<K, Promise<unknown>>();

  /** Number of keys with something to do. */
  get busy(): number {
    return this.tails.size;
  }

  run<T>(key: K, task: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key);
    // A failed predecessor is its own caller's affair.
    const result = before === undefined ? task() : before.then(task, task);
    this.tails.set(key, result);
    const forget = (): void => {
      if (this.tails.get(key) === result) this.tails.delete(key);
    };
    result.then(forget, forget);
    return result;
  }
}
