import { setTimeout as pause } from 'node:timers/promises';
import { verify } from '../maintenance/index.js';
import { PlatformProcess } from '../testing/platform-process.js';
import { describeBlow, type Blow } from './blow.js';
import { brokenPromises } from './promises.js';
import { Release } from './release.js';
import { StubbornClient } from './stubborn-client.js';

const LEASE_TERM_MS = 3_000;

/** What became of one run. */
export interface RunReport {
  readonly blow: Blow;
  /** How the execution ended. */
  readonly status: string;
  /** Whether the blow fell: a point that was not reached proves nothing. */
  readonly hit: boolean;
  readonly durationMs: number;
  /** Promises that were broken; empty: all are kept. */
  readonly broken: readonly string[];
  /** What the platform logged last, where something is broken. */
  readonly log?: string;
}

/** A release on an installation of its own, one blow, and what came of it. Leaves nothing behind. */
export async function runOnce(blow: Blow): Promise<RunReport> {
  const startedMs = Date.now();
  const platform = await PlatformProcess.prepare({ environment: { MILLRACE_LEASE_TERM_MS: String(LEASE_TERM_MS) } });
  const client = new StubbornClient(platform);
  let hit = false;
  let status = 'unknown';
  const broken: string[] = [];
  try {
    await startUnder(platform, blow);
    const release = new Release(platform, client);
    const struck = strike(platform, blow);
    await release.run();
    // A blow may fall when the release is over: that too must lose nothing.
    await struck;
    const aftermath = await release.aftermath();
    status = aftermath.status;
    broken.push(...brokenPromises(aftermath), ...(await unsoundData(platform)));
    hit = blow.kind === 'moment' || client.startedAgain > 0;
  } catch (error) {
    broken.push(Error.isError(error) ? `${error.message}${causeOf(error)}` : String(error));
  }
  const log = broken.length > 0 ? await platform.logTail() : undefined;
  await platform.dispose();
  const durationMs = Date.now() - startedMs;
  return { blow, status, hit, durationMs, broken, ...(log === undefined ? {} : { log }) };
}

/** Started so that it kills itself at the point; that may be before it is ready. */
async function startUnder(platform: PlatformProcess, blow: Blow): Promise<void> {
  if (blow.kind === 'moment') return platform.start();
  await platform.launch({ MILLRACE_CRASH_AT: `${blow.point}:${blow.passing}`, MILLRACE_ALLOW_FAULTS: '1' });
  try {
    await platform.ready();
  } catch (error) {
    if (!platform.hasEnded() || (await platform.ended()).signal !== 'SIGKILL') throw error;
  }
}

async function strike(platform: PlatformProcess, blow: Blow): Promise<void> {
  if (blow.kind === 'point') return;
  await pause(blow.afterMs);
  if (blow.victim !== 'runner') await platform.kill();
  if (blow.victim !== 'platform') await platform.killRunner();
}

/** Stops the platform in an orderly way, and lets the verifier read everything that it has left. */
async function unsoundData(platform: PlatformProcess): Promise<readonly string[]> {
  const { code, signal } = await platform.stop();
  const stopped = code === 0 ? [] : [`the orderly stop ended with ${code ?? signal}`];
  const { findings } = await verify(
    { dataDirectory: platform.dataDirectory, signal: AbortSignal.timeout(60_000) },
    () => undefined,
  );
  return [...stopped, ...findings.map(({ code: finding, subject, message }) => `${finding} ${subject}: ${message}`)];
}

function causeOf(error: Error): string {
  return Error.isError(error.cause) ? ` (${error.cause.message})` : '';
}

export function lineOf({ blow, status, hit, durationMs, broken }: RunReport): string {
  const verdict = broken.length > 0 ? 'BROKEN' : hit ? 'kept' : 'not hit';
  return `${verdict.padEnd(8)}${describeBlow(blow).padEnd(28)}${status.padEnd(12)}${(durationMs / 1_000).toFixed(1)} s`;
}
