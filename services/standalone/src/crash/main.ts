import { parseArgs } from 'node:util';
import { CRASH_POINTS, type CrashPoint } from '@millrace/runtime';
import { blowOf, ciBlows, describeBlow, type Blow } from './blow.js';
import { lineOf, runOnce, type RunReport } from './run.js';

const USAGE = `npm run crash -- [--seed S] [--runs N] [--point P] | --ci [--seed S]

Runs a release of some 3 s, kills a process of it in the middle, starts again, and checks what was promised.

  --seed S    a whole number: the same seed gives the same blows (default 1)
  --runs N    how many runs (default 10)
  --point P   kill the platform at this point: ${CRASH_POINTS.join(', ')}
  --ci        every point once, then 10 runs by the seed

Exit codes: 0 all promises kept, 1 a promise was broken or a blow hit nothing, 2 the arguments are not usable.
`;

interface Wish {
  readonly blows: readonly Blow[];
  readonly seed: number;
}

function wishOf(args: readonly string[]): Wish {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      runs: { type: 'string', default: '10' },
      point: { type: 'string' },
      ci: { type: 'boolean', default: false },
    },
  });
  const [seed, runs] = [wholeNumber('--seed', values.seed), wholeNumber('--runs', values.runs)];
  const point = values.point === undefined ? undefined : pointOf(values.point);
  const blows = values.ci
    ? ciBlows(seed)
    : Array.from({ length: runs }, (_, run) => blowOf({ seed, run, ...(point === undefined ? {} : { point }) }));
  return { blows, seed };
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`${name} must be a whole number, not ${JSON.stringify(text)}.`);
  return Number(text);
}

function pointOf(text: string): CrashPoint {
  const point = CRASH_POINTS.find((each) => each === text);
  if (point === undefined)
    throw new RangeError(`--point names no crash point: ${text}. There are ${CRASH_POINTS.join(', ')}.`);
  return point;
}

async function main(): Promise<void> {
  const { blows, seed } = wishOf(process.argv.slice(2));
  process.stdout.write(`seed ${seed}, ${blows.length} runs\n`);
  const failed: RunReport[] = [];
  for (const [index, blow] of blows.entries()) {
    const report = await runOnce(blow);
    process.stdout.write(`${String(index + 1).padStart(4)}  ${lineOf(report)}\n`);
    for (const promise of report.broken) process.stdout.write(`      ${promise}\n`);
    if (report.log !== undefined) process.stdout.write(`${report.log.replaceAll(/^/gm, '      | ')}\n`);
    if (report.broken.length > 0 || !report.hit) failed.push(report);
  }
  process.stdout.write(`\n${blows.length - failed.length} passed, ${failed.length} failed\n`);
  for (const { blow } of failed) process.stdout.write(`  ${describeBlow(blow)} (seed ${seed})\n`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}

main().catch((error: unknown) => {
  process.stderr.write(`${Error.isError(error) ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
});
