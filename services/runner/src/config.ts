import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { OFFLINE_PATIENCE_MS } from './runner.js';

const wholeNumber = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, `must lie between ${minimum} and ${maximum}`);

const label = /^[A-Za-z0-9._:/-]{1,100}$/;

const environment = z
  .object({
    MILLRACE_URL: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .default('http://127.0.0.1:4000'),
    MILLRACE_RUNNER_TOKEN: z.string().min(1).optional(),
    MILLRACE_RUNNER_TOKEN_FILE: z.string().min(1).optional(),
    MILLRACE_RUNNER_ID: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be 1 to 100 letters, digits, dots, dashes or underscores')
      .optional(),
    MILLRACE_RUNNER_LABELS: z
      .string()
      .default('')
      .transform((text) =>
        text
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      )
      .refine(
        (labels) => labels.length <= 50 && labels.every((one) => label.test(one)),
        'must be at most 50 labels, separated by commas',
      ),
    MILLRACE_RUNNER_SLOTS: wholeNumber(1, 1_000).optional(),
    MILLRACE_RUNNER_DIR: z.string().min(1).default('.millrace-runner'),
    MILLRACE_RUNNER_UMASK: z
      .string()
      .regex(/^[0-7]{1,4}$/, 'must be an octal number, e.g. 022')
      .transform((text) => Number.parseInt(text, 8))
      .refine((mask) => mask <= 0o777, 'must be 777 at most')
      .optional(),
    MILLRACE_RUNNER_OFFLINE_PATIENCE_S: wholeNumber(1, 86_400).default(OFFLINE_PATIENCE_MS / 1_000),
  })
  .refine((env) => env.MILLRACE_RUNNER_TOKEN !== undefined || env.MILLRACE_RUNNER_TOKEN_FILE !== undefined, {
    path: ['MILLRACE_RUNNER_TOKEN'],
    message: 'is required, or MILLRACE_RUNNER_TOKEN_FILE',
  });

export interface RunnerConfig {
  readonly url: string;
  readonly token: string;
  readonly runnerId?: string;
  readonly labels: readonly string[];
  readonly slots?: number;
  /** Absolute. */
  readonly directory: string;
  readonly offlinePatienceMs: number;
  /** Of the runner and all that it starts; absent: as it was started with. */
  readonly umask?: number;
}

/**
 * The runner's configuration from the environment; all faults are named at once.
 *
 * - `MILLRACE_URL`: the gateway, default `http://127.0.0.1:4000`
 * - `MILLRACE_RUNNER_TOKEN` or `MILLRACE_RUNNER_TOKEN_FILE`: the runner's token; required
 * - `MILLRACE_RUNNER_ID`: default host name and a random part
 * - `MILLRACE_RUNNER_LABELS`: what it offers, separated by commas; default none
 * - `MILLRACE_RUNNER_SLOTS`: jobs at a time, 1 to 1000; default two a core, four at least
 * - `MILLRACE_RUNNER_DIR`: work, caches, unreported results; default `.millrace-runner`
 * - `MILLRACE_RUNNER_UMASK`: of what actions make, octal; default as the runner was started with
 * - `MILLRACE_RUNNER_OFFLINE_PATIENCE_S`: seconds without control plane and work after which it ends, 1 to 86400; default 900
 *
 * @throws Error naming every fault.
 */
export function runnerConfig(env: NodeJS.ProcessEnv): RunnerConfig {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new Error(`The runner's configuration is not usable:\n  ${faults.join('\n  ')}`);
  }
  const { data } = parsed;
  return {
    url: data.MILLRACE_URL,
    token: data.MILLRACE_RUNNER_TOKEN ?? readToken(data.MILLRACE_RUNNER_TOKEN_FILE ?? ''),
    labels: data.MILLRACE_RUNNER_LABELS,
    directory: resolve(data.MILLRACE_RUNNER_DIR),
    offlinePatienceMs: data.MILLRACE_RUNNER_OFFLINE_PATIENCE_S * 1_000,
    ...(data.MILLRACE_RUNNER_ID === undefined ? {} : { runnerId: data.MILLRACE_RUNNER_ID }),
    ...(data.MILLRACE_RUNNER_SLOTS === undefined ? {} : { slots: data.MILLRACE_RUNNER_SLOTS }),
    ...(data.MILLRACE_RUNNER_UMASK === undefined ? {} : { umask: data.MILLRACE_RUNNER_UMASK }),
  };
}

function readToken(path: string): string {
  let token: string;
  try {
    token = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new Error(
      `MILLRACE_RUNNER_TOKEN_FILE can't be read: ${Error.isError(error) ? error.message : String(error)}`,
      { cause: error },
    );
  }
  if (token === '') throw new Error('MILLRACE_RUNNER_TOKEN_FILE is empty.');
  return token;
}
