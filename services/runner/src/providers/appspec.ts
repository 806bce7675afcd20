import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { innerPath } from './configuration.js';
import { ActionFailed } from './provider.js';
import type { ActionContext } from './provider.js';
import { insideRelease } from './target-directory.js';
import { readYaml } from './yaml.js';

export const HOOKS = [
  'ApplicationStop',
  'BeforeInstall',
  'AfterInstall',
  'ApplicationStart',
  'ValidateService',
] as const;
export type Hook = (typeof HOOKS)[number];

const TIMEOUT_S_DEFAULT = 3_600;
const SCRIPTS_MAX = 50;

const script = z.strictObject({
  location: innerPath,
  timeout: z
    .union([
      z.int(),
      z
        .string()
        .regex(/^\d{1,5}$/)
        .transform(Number),
    ])
    .refine((seconds) => seconds >= 1 && seconds <= 3_600, 'must lie between 1 and 3600 seconds')
    .default(TIMEOUT_S_DEFAULT),
  runas: z.string().optional(),
});

const scripts = z.array(script).max(SCRIPTS_MAX).optional();

const appspec = z.strictObject({
  version: z.union([z.literal(0), z.literal('0.0')]),
  os: z.literal('linux'),
  // The whole artifact is the release: where CodeDeploy would copy files and set rights, there is nothing to do.
  files: z.unknown().optional(),
  permissions: z.unknown().optional(),
  file_exists_behavior: z.unknown().optional(),
  hooks: z
    .strictObject({
      ApplicationStop: scripts,
      BeforeInstall: scripts,
      AfterInstall: scripts,
      ApplicationStart: scripts,
      ValidateService: scripts,
    })
    .optional(),
});
export type Appspec = z.infer<typeof appspec>;

/** A release's hooks; undefined when it has none. @throws ActionFailed `ConfigurationError` naming all faults */
export async function readAppspec(release: string, path: string): Promise<Appspec | undefined> {
  const file = await insideRelease(release, path);
  return file === undefined ? undefined : parseAppspec(await readYaml(file, path), path);
}

export function parseAppspec(value: unknown, name: string): Appspec {
  const parsed = appspec.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the document'}: ${issue.message}`);
  throw new ActionFailed('ConfigurationError', `${name}: ${faults.join('; ')}`);
}

export interface HookRun {
  readonly hook: Hook;
  readonly appspec: Appspec | undefined;
  /** The release whose script it is; the working directory. */
  readonly release: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Runs the scripts of one hook in their order. @throws ActionFailed when one fails or takes too long */
export async function runHook(run: HookRun, context: ActionContext): Promise<void> {
  for (const { location: path, timeout, runas } of run.appspec?.hooks?.[run.hook] ?? []) {
    await context.log.remark(`${run.hook}: ${path}`);
    if (runas !== undefined)
      await context.log.remark(`runas ${runas} has no effect: scripts run as the runner's user.`);
    await runScriptFile(run, { path, timeoutMs: timeout * 1_000 }, context);
  }
}

async function runScriptFile(
  run: HookRun,
  script: { path: string; timeoutMs: number },
  context: ActionContext,
): Promise<void> {
  const file = await insideRelease(run.release, script.path);
  const stats = file === undefined ? undefined : await stat(file);
  if (file === undefined || stats?.isFile() !== true)
    throw new ActionFailed('JobFailed', `${run.hook}: there is no file ${script.path} in the release.`);
  // A script that lost its "executable" bit on the way is still a script.
  const executable = (stats.mode & 0o100) !== 0;
  const late = AbortSignal.timeout(script.timeoutMs);
  const end = await context
    .exec({
      command: executable ? [file] : ['sh', file],
      cwd: run.release,
      environment: hookEnvironment(run, context),
      signal: late,
    })
    .catch((error: unknown) => {
      context.signal.throwIfAborted();
      if (late.aborted)
        throw new ActionFailed(
          'JobFailed',
          `${run.hook}: ${script.path} took longer than ${script.timeoutMs / 1_000} s.`,
        );
      throw error;
    });
  if (end.exitCode === 0) return;
  const how = end.signal === null ? `exit code ${end.exitCode}` : `signal ${end.signal}`;
  throw new ActionFailed('JobFailed', `${run.hook}: ${script.path} ended with ${how}.`);
}

function hookEnvironment({ hook, variables }: HookRun, { job }: ActionContext): Record<string, string> {
  return {
    ...variables,
    LIFECYCLE_EVENT: hook,
    APPLICATION_NAME: job.pipelineName,
    DEPLOYMENT_GROUP_NAME: job.actionName,
    DEPLOYMENT_ID: job.actionExecutionId,
    MILLRACE_EXECUTION_ID: job.executionId,
    MILLRACE_PIPELINE: job.pipelineName,
    MILLRACE_STAGE: job.stageName,
    MILLRACE_ACTION: job.actionName,
  };
}
