import type { Logger } from './logger.js';

/** A part of the process that is started and stopped. */
export interface LifecyclePart {
  /** For the log. */
  readonly name: string;
  readonly start?: () => Promise<void> | void;
  readonly stop?: () => Promise<void> | void;
  /** How long `stop` may take before the next part is stopped all the same; default 5,000. */
  readonly stopWithinMs?: number;
}

export interface LifecycleOptions {
  readonly logger: Logger;
  /** Default: the process. Given in tests. */
  readonly signals?: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
  /** Default: `process.exit`. */
  readonly exit?: (code: number) => void;
  /** Milliseconds from any beginning. Default: `performance.now`. Given in tests. */
  readonly nowMs?: () => number;
}

export interface Lifecycle {
  /** Parts in order, each started when those before it are. One that fails stops those that were started, and throws. */
  start(parts: readonly LifecyclePart[]): Promise<void>;
  /** The parts the other way round; a part that fails or takes too long holds up nobody. The same promise when it is called again. */
  stop(reason: string): Promise<StopOutcome>;
  /**
   * SIGTERM and SIGINT stop and exit (0 when all parts stopped, 1 else); one more exits at once (128 + its number), unless it comes within
   * {@link SAME_SIGNAL_MS}.
   *
   * @returns what takes the listeners away again.
   */
  listen(): () => void;
}

export interface StopOutcome {
  /** Names of the parts that failed to stop, or not in time. */
  readonly failed: readonly string[];
}

const STOP_WITHIN_MS = 5_000;
/** One Ctrl-C arrives more than once: from the terminal, and from npm, which hands it on. */
export const SAME_SIGNAL_MS = 1_000;
const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;

export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { logger, signals = process, exit = process.exit, nowMs = () => performance.now() } = options;
  const started: LifecyclePart[] = [];
  let stopping: Promise<StopOutcome> | undefined;

  const stopAll = async (reason: string): Promise<StopOutcome> => {
    logger.info({ reason }, 'Stopping');
    const failed: string[] = [];
    for (let part = started.pop(); part !== undefined; part = started.pop())
      if (!(await stopPart(part, logger))) failed.push(part.name);
    logger.info({ failed }, 'Stopped');
    return { failed };
  };
  const stop = (reason: string): Promise<StopOutcome> => (stopping ??= stopAll(reason));

  return {
    async start(parts) {
      for (const part of parts) {
        // A signal during the start: what is up is being stopped, nothing more comes up.
        if (stopping !== undefined) return;
        try {
          await part.start?.();
        } catch (error) {
          await stop(`${part.name} did not start`);
          throw error;
        }
        started.push(part);
        if (stopping !== undefined) await stopAll('started while stopping');
      }
    },
    stop,
    listen() {
      let signalledAtMs: number | undefined;
      const onSignal = (signal: keyof typeof SIGNALS): void => {
        if (signalledAtMs !== undefined && nowMs() - signalledAtMs < SAME_SIGNAL_MS) return;
        if (stopping !== undefined) return exit(128 + SIGNALS[signal]);
        signalledAtMs = nowMs();
        stop(signal).then(
          ({ failed }) => exit(failed.length === 0 ? 0 : 1),
          () => exit(1),
        );
      };
      for (const signal of Object.keys(SIGNALS)) signals.on(signal, onSignal);
      return () => {
        for (const signal of Object.keys(SIGNALS)) signals.off(signal, onSignal);
      };
    },
  };
}

/** Whether it stopped in time. */
async function stopPart(part: LifecyclePart, logger: Logger): Promise<boolean> {
  const withinMs = part.stopWithinMs ?? STOP_WITHIN_MS;
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), withinMs);
  try {
    const outcome = await Promise.race([Promise.resolve(part.stop?.()), late.promise]);
    if (outcome !== 'late') return true;
    logger.warn({ part: part.name, withinMs }, 'A part did not stop in time');
    return false;
  } catch (error) {
    logger.error({ part: part.name, error }, 'A part failed to stop');
    return false;
  } finally {
    clearTimeout(timer);
  }
}
