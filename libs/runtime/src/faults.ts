/** Places where a test can end the process, listed in docs/operations.md. */
export const CRASH_POINTS = [
  'before-append',
  'after-append',
  'before-answer',
  'policy-before-position',
  'policy-after-position',
  'projection',
  'lease',
  'report',
  'artifact-publish',
  'log-close',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

export interface FaultsConfig {
  /** `<point>` or `<point>:<n>`, n from 1: ends the process when the point is passed for the n-th time. Undefined: no faults. */
  readonly crashAt: string | undefined;
  /** Whether somebody has said, apart from `crashAt`, that this process may be hurt. */
  readonly allowFaults: boolean;
  readonly isProduction: boolean;
  /** Ends the process at once, without a word; default SIGKILL to itself. */
  readonly kill?: () => void;
}

export interface Faults {
  at(point: CrashPoint): void;
  /** For another thread of the process, which makes its own from it. */
  readonly config: Omit<FaultsConfig, 'kill'>;
}

const NO_FAULTS: Faults = { at: () => {}, config: { crashAt: undefined, allowFaults: false, isProduction: false } };

/**
 * @throws RangeError when faults are asked for where they are not allowed, or at a point that does not exist; the message says what to do.
 */
export function createFaults(config: FaultsConfig): Faults {
  const { crashAt } = config;
  if (crashAt === undefined || crashAt === '') return NO_FAULTS;
  if (config.isProduction) throw new RangeError('MILLRACE_CRASH_AT is refused when NODE_ENV is production.');
  if (!config.allowFaults)
    throw new RangeError('MILLRACE_CRASH_AT is refused unless MILLRACE_ALLOW_FAULTS=1 is set too.');
  const { point: crashPoint, passing } = parse(crashAt);
  const kill = config.kill ?? (() => process.kill(process.pid, 'SIGKILL'));
  let passed = 0;
  return {
    config: { crashAt, allowFaults: config.allowFaults, isProduction: config.isProduction },
    at(point) {
      if (point !== crashPoint) return;
      passed += 1;
      if (passed === passing) kill();
    },
  };
}

function parse(text: string): { readonly point: CrashPoint; readonly passing: number } {
  const [name = '', count = '1', ...rest] = text.split(':');
  const point = CRASH_POINTS.find((each) => each === name);
  if (point === undefined)
    throw new RangeError(
      `MILLRACE_CRASH_AT names no crash point: ${JSON.stringify(name)}. There are ${CRASH_POINTS.join(', ')}.`,
    );
  if (rest.length > 0 || !/^[1-9]\d{0,8}$/.test(count))
    throw new RangeError(
      `MILLRACE_CRASH_AT should be <point> or <point>:<n> with n from 1, not ${JSON.stringify(text)}.`,
    );
  return { point, passing: Number(count) };
}
