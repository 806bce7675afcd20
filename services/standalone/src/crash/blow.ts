import { CRASH_POINTS, type CrashPoint } from '@millrace/runtime';

/** What a run does to the platform: once, then everything must come right again. */
export type Blow =
  | { readonly kind: 'point'; readonly point: CrashPoint; readonly passing: number }
  | { readonly kind: 'moment'; readonly victim: Victim; readonly afterMs: number };

export type Victim = (typeof VICTIMS)[number];

const VICTIMS = ['platform', 'runner', 'both'] as const;

/**
 * How often a run passes each point at least, from the first start on to the release: a blow beyond that would hit nothing. Positions of
 * consumers are stored a few times a second, whatever happens.
 */
const PASSED: Readonly<Record<CrashPoint, number>> = {
  'before-append': 20,
  'after-append': 20,
  'before-answer': 20,
  'policy-before-position': 4,
  'policy-after-position': 4,
  projection: 10,
  lease: 3,
  report: 3,
  'artifact-publish': 2,
  'log-close': 3,
};

/** A run takes about so long; a blow falls while it lasts. */
const RUN_MS = 3_000;

export interface BlowWish {
  readonly seed: number;
  /** From 0. */
  readonly run: number;
  /** This point, instead of whatever the seed says. */
  readonly point?: CrashPoint;
}

/** The same seed and run are always the same blow. */
export function blowOf({ seed, run, point }: BlowWish): Blow {
  const random = randomNumbers(seed, run);
  if (point !== undefined) return atPoint(point, random);
  if (random() < 0.5) return atPoint(oneOf(CRASH_POINTS, random), random);
  return { kind: 'moment', victim: oneOf(VICTIMS, random), afterMs: Math.floor(random() * RUN_MS) };
}

const CI_RANDOM_RUNS = 10;

/** What has to hold before a change lands: every point once, and some that the seed chooses. */
export function ciBlows(seed: number): readonly Blow[] {
  return [
    ...CRASH_POINTS.map((point, run) => blowOf({ seed, run, point })),
    ...Array.from({ length: CI_RANDOM_RUNS }, (_, run) => blowOf({ seed, run })),
  ];
}

export function describeBlow(blow: Blow): string {
  return blow.kind === 'point' ? `${blow.point}:${blow.passing}` : `${blow.victim} after ${blow.afterMs} ms`;
}

function atPoint(point: CrashPoint, random: () => number): Blow {
  return { kind: 'point', point, passing: 1 + Math.floor(random() * PASSED[point]) };
}

function oneOf<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('There is nothing to choose from.');
  return item;
}

/** mulberry32: small, and the same everywhere. */
function randomNumbers(seed: number, run: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(run + 1, 0x85ebca6b)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
