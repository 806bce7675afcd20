import type { Position } from '../event-store.js';

/** One 64-bit position, then one flag. */
const BYTES = 16;
const AWAKE = 0;
const ASLEEP = 1;

/**
 * How far the log is durable, in memory that two threads share, so that its owner need not send a message an append: only a reader
 * that has come to the end and waits is woken.
 */
export class SharedHead {
  private readonly positions: BigInt64Array;
  private readonly flags: Int32Array;

  constructor(readonly memory = new SharedArrayBuffer(BYTES)) {
    this.positions = new BigInt64Array(memory, 0, 1);
    this.flags = new Int32Array(memory, 8, 1);
  }

  get position(): Position {
    return Atomics.load(this.positions, 0);
  }

  /** The owner's. True: the reader sleeps, and is to be woken. */
  advance(position: Position): boolean {
    Atomics.store(this.positions, 0, position);
    return Atomics.exchange(this.flags, 0, AWAKE) === ASLEEP;
  }

  /** The reader's. False: the log has moved on since, so that nobody would wake it. */
  sleep(seen: Position): boolean {
    Atomics.store(this.flags, 0, ASLEEP);
    if (this.position <= seen) return true;
    // If the owner has just seen the flag, its message comes too, and finds a reader awake, which is harmless.
    Atomics.store(this.flags, 0, AWAKE);
    return false;
  }
}
