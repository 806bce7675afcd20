import { resolve } from 'node:path';
import { z } from 'zod';
import { gatewayConfig, type GatewayConfig } from '@millrace/gateway';

/** How the one-process platform runs. */
export interface StandaloneConfig {
  /** Absolute. Default `./.millrace`. */
  readonly dataDirectory: string;
  readonly gateway: GatewayConfig;
  /** Whether a runner is started beside the platform; `off` where runners are elsewhere. Default `on`. */
  readonly builtInRunner: boolean;
  /** Jobs at once in the built-in runner; absent: the runner's own default. */
  readonly runnerSlots?: number;
  /** Time without a heartbeat after which a job is lost, ms; default 30,000. */
  readonly leaseTermMs: number;
  /** Days that artifacts and logs are kept; 0: for ever. Default 90. */
  readonly retentionDays: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Go on although the log's tail is gone; the loss is recorded (docs/decisions/0008). */
  readonly acceptLoss: boolean;
}

const onOff = z.enum(['on', 'off']);

const environment = z.object({
  MILLRACE_DATA: z.string().min(1).default('.millrace'),
  MILLRACE_RUNNER: onOff.default('on'),
  MILLRACE_RUNNER_SLOTS: z.coerce.number().int().min(1).max(1_000).optional(),
  MILLRACE_LEASE_TERM_MS: z.coerce.number().int().min(1_000).max(600_000).default(30_000),
  MILLRACE_RETENTION_DAYS: z.coerce.number().int().min(0).max(36_500).default(90),
  MILLRACE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/**
 * Everything from the environment, and the flag `--accept-loss`.
 *
 * @throws RangeError that names every fault at once, before anything is opened.
 */
export function standaloneConfig(
  env: Readonly<Record<string, string | undefined>>,
  flags: readonly string[],
  workingDirectory: string,
): StandaloneConfig {
  const parsed = environment.safeParse(env);
  const faults = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const unknown = flags
    .filter((flag) => flag !== '--accept-loss')
    .map((flag) => `${flag}: there is no such flag; there is --accept-loss`);
  if (!parsed.success || unknown.length > 0)
    throw new RangeError(`The configuration is not usable: ${[...faults, ...unknown].join('; ')}.`);
  const { data } = parsed;
  const dataDirectory = resolve(workingDirectory, data.MILLRACE_DATA);
  return {
    dataDirectory,
    gateway: gatewayConfig(env, dataDirectory),
    builtInRunner: data.MILLRACE_RUNNER === 'on',
    ...(data.MILLRACE_RUNNER_SLOTS === undefined ? {} : { runnerSlots: data.MILLRACE_RUNNER_SLOTS }),
    leaseTermMs: data.MILLRACE_LEASE_TERM_MS,
    retentionDays: data.MILLRACE_RETENTION_DAYS,
    logLevel: data.MILLRACE_LOG_LEVEL,
    acceptLoss: flags.includes('--accept-loss'),
  };
}
