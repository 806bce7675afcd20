import { z } from 'zod';
import { ActionFailed } from './provider.js';
import type { Step } from './shell-script.js';

export const PHASES = ['install', 'pre_build', 'build', 'post_build'] as const;
export type Phase = (typeof PHASES)[number];

const COMMANDS_MAX = 500;

const command = z.string({
  error: (issue) =>
    typeof issue.input === 'object'
      ? 'is a mapping, not a command: quote a command that contains ": "'
      : 'must be text: quote it',
});
const lines = z.preprocess(
  (value) => (typeof value === 'string' ? [value] : value),
  z.array(command).max(COMMANDS_MAX),
);
const scalar = z
  .union([z.string(), z.number(), z.boolean(), z.null()])
  .transform((value) => (value === null ? '' : String(value)));
const names = z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(z.string()).max(100));
const yesNo = z.union([z.boolean(), z.enum(['yes', 'no'])]).transform((value) => value === true || value === 'yes');
const withoutEffect = z.unknown().optional();

const phase = z.strictObject({
  commands: lines.optional(),
  finally: lines.optional(),
  'on-failure': z
    .enum(['ABORT', 'CONTINUE'], {
      error: 'must be ABORT or CONTINUE; RETRY is not available: retry the stage instead',
    })
    .optional(),
  'run-as': withoutEffect,
  'runtime-versions': withoutEffect,
});

const files = {
  files: names.refine((list) => list.length > 0, 'must name files'),
  'base-directory': z.string().max(1_000).optional(),
  'discard-paths': yesNo.optional(),
};

const artifact = z.strictObject({
  ...files,
  'exclude-paths': names.optional(),
  name: z.unknown().optional(),
  'enable-symlinks': withoutEffect,
  's3-prefix': withoutEffect,
});
export type ArtifactSpec = z.output<typeof artifact>;

const report = z.strictObject({ ...files, 'file-format': z.string().default('JUNITXML') });
export type ReportSpec = z.output<typeof report>;

const artifacts = z.union([
  z.strictObject({ 'secondary-artifacts': z.record(z.string(), artifact) }),
  z.strictObject({ ...artifact.shape, 'secondary-artifacts': z.record(z.string(), artifact).optional() }),
]);

const buildspec = z.strictObject({
  version: z
    .union([z.number(), z.string()], { error: 'must be 0.2' })
    .refine((version) => String(version) === '0.2', 'must be 0.2'),
  env: z
    .strictObject({
      shell: z.enum(['bash', 'sh', '/bin/bash', '/bin/sh'], { error: 'must be bash or /bin/sh' }).optional(),
      variables: z.record(z.string(), scalar).optional(),
      'exported-variables': names.optional(),
      'git-credential-helper': withoutEffect,
    })
    .optional(),
  phases: z.strictObject({
    install: phase.optional(),
    pre_build: phase.optional(),
    build: phase.optional(),
    post_build: phase.optional(),
  }),
  artifacts: artifacts.optional(),
  reports: z.record(z.string(), report).optional(),
  cache: withoutEffect,
  'run-as': withoutEffect,
});
export type Buildspec = z.output<typeof buildspec>;

const UNAVAILABLE: Readonly<Record<string, string>> = {
  'parameter-store': 'there is no parameter store here',
  'secrets-manager': 'secrets are not available yet',
};

/** @throws ActionFailed `ConfigurationError` naming all faults by their place */
export function parseBuildspec(value: unknown): Buildspec {
  const parsed = buildspec.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap(explain);
  throw new ActionFailed('ConfigurationError', `buildspec: ${[...new Set(faults)].slice(0, 20).join('; ')}`);
}

function explain(issue: z.core.$ZodIssue): string[] {
  const place = issue.path.join('.') || 'the document';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) => `${place}: ${key} is unknown${Object.hasOwn(UNAVAILABLE, key) ? `: ${UNAVAILABLE[key]}` : ''}`,
    );
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The alternative that came closest says most.
    const closest = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? [];
    return closest.flatMap((inner) => explain({ ...inner, path: [...issue.path, ...inner.path] }));
  }
  return [`${place}: ${issue.message}`];
}

export interface PlannedStep extends Step {
  readonly phase: Phase;
}

/**
 * The steps of all phases and where each leads. A phase's `finally` always runs; it stands there twice, since what follows it depends on
 * how the phase went. A failure in `build` leads to `post_build`, one elsewhere to the end (CodeBuild's transitions), unless `on-failure`
 * says otherwise.
 */
export function planSteps(phases: Buildspec['phases']): PlannedStep[] {
  const present = PHASES.filter((name) => phases[name] !== undefined);
  const sizes = present.map((name) => size(phases[name]));
  const starts = sizes.map((_, at) => sizes.slice(0, at).reduce((sum, one) => sum + one, 0));
  return present.flatMap((name, at) => {
    const after = starts[at + 1];
    return planPhase(name, phases[name] ?? {}, { start: starts[at] ?? 0, ...(after === undefined ? {} : { after }) });
  });
}

type PhaseSpec = z.output<typeof phase>;

/** The heading, the commands, and `finally` for either outcome. */
function size(spec: PhaseSpec | undefined): number {
  return 1 + (spec?.commands?.length ?? 0) + 2 * (spec?.finally?.length ?? 0);
}

function planPhase(
  name: Phase,
  spec: PhaseSpec,
  { start, after }: { readonly start: number; readonly after?: number },
): PlannedStep[] {
  const tolerated = spec['on-failure'] === 'CONTINUE';
  const afterFailure = tolerated || (name === 'build' && spec['on-failure'] === undefined) ? after : undefined;
  const commands = spec.commands ?? [];
  const last = spec.finally ?? [];
  const finallyAt = start + 1 + commands.length;
  const common = { phase: name, ...(tolerated ? { tolerated } : {}) };
  const to = (next: number | undefined, onFailure: number | undefined) => ({
    ...(next === undefined ? {} : { next }),
    ...(onFailure === undefined ? {} : { onFailure }),
  });
  const whenWell = last.length > 0 ? finallyAt : after;
  const whenFailed = last.length > 0 ? finallyAt + last.length : afterFailure;
  const successor = (at: number): number | undefined => (at < commands.length ? start + 1 + at : whenWell);
  return [
    { ...common, command: '', heading: `Phase ${name}`, ...to(successor(0), undefined) },
    ...commands.map((text, at) => ({ ...common, command: text, ...to(successor(at + 1), whenFailed) })),
    ...last.map((text, at) => ({
      ...common,
      command: text,
      ...to(at + 1 < last.length ? finallyAt + at + 1 : after, afterFailure),
    })),
    ...last.map((text, at) => ({
      ...common,
      command: text,
      ...to(at + 1 < last.length ? finallyAt + last.length + at + 1 : afterFailure, afterFailure),
    })),
  ];
}
