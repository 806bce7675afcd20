import { readFile, realpath } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { z } from 'zod';
import { globFault, matchesGlob } from '../archives/globs.js';
import { listTree } from '../archives/tree.js';
import type { Tree, TreeFile } from '../archives/tree.js';
import { cut } from '../jobs/finished-job.js';
import { parseBuildspec, planSteps } from './buildspec-file.js';
import type { ArtifactSpec, Buildspec, PlannedStep, ReportSpec } from './buildspec-file.js';
import { plainVariables } from './commands.js';
import { innerPath, labels, parseConfiguration } from './configuration.js';
import { NO_TESTS, addCounts, countTests, describeCount } from './junit.js';
import { ActionFailed } from './provider.js';
import type { ActionContext, ActionProvider, Outcome, StoredOutput } from './provider.js';
import { runScript } from './shell-script.js';
import type { ScriptEnd, Shell } from './shell-script.js';
import { defaultShell, prepareWorkspace, selectFiles } from './workspace.js';
import { parseYaml, readYaml } from './yaml.js';

/** Reports are counted, not kept; larger ones are left out with a remark. */
const REPORT_BYTES_MAX = 10 * 1_048_576;
const REPORTS_MAX = 1_000;

const variables = z.array(
  z.strictObject({
    name: z.string().min(1),
    value: z.string(),
    type: z.enum(['PLAINTEXT', 'PARAMETER_STORE', 'SECRETS_MANAGER']).optional(),
  }),
);

const configuration = z.strictObject({
  Buildspec: innerPath.default('buildspec.yml'),
  BuildspecOverride: z.string().optional(),
  PrimarySource: z.string().optional(),
  EnvironmentVariables: z
    .string()
    .transform((text, context) => parseJson(text, context))
    .pipe(variables)
    .optional(),
  ...labels,
});
type Options = z.output<typeof configuration>;

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a JSON array' });
    return z.NEVER;
  }
}

/** The action `Millrace/Buildspec`: the phases of a `buildspec.yml` (version 0.2) in one shell, its artifacts, variables and reports. */
export const buildspecProvider: ActionProvider = {
  ids: ['Build', 'Test'].map((category) => ({ category, owner: 'Millrace', provider: 'Buildspec', version: '1' })),

  async run(context: ActionContext): Promise<Outcome> {
    const options = parseConfiguration(configuration, context.job.configuration);
    const workspace = await prepareWorkspace(context, options.PrimarySource);
    const spec = await readBuildspec(options, workspace.directory);
    const outputs = matchOutputs(spec, context);
    await remarkWithoutEffect(spec, context);
    const steps = planSteps(spec.phases);
    const end = await runScript(
      {
        steps,
        variables: {
          ...spec.env?.variables,
          ...plainVariables(options.EnvironmentVariables ?? []),
          ...buildVariables(context, options),
          ...workspace.variables,
        },
        exported: spec.env?.['exported-variables'] ?? [],
        shell: await chosenShell(spec, context),
        cwd: workspace.directory,
        announcesSuccess: true,
      },
      context,
    );
    const summary = await countReports(spec.reports ?? {}, workspace.directory, context);
    const outputVariables = [...end.exported].map(([name, value]) => ({ name, value }));
    const externalExecutionId = buildId(context);
    if (!end.succeeded)
      throw new ActionFailed('JobFailed', failure(end, steps), { outputVariables, externalExecutionId, ...summary });
    const outputArtifacts = await storeOutputs(outputs, workspace.directory, context);
    return { status: 'succeeded', outputVariables, outputArtifacts, externalExecutionId, ...summary };
  },
};

async function readBuildspec(options: Options, directory: string): Promise<Buildspec> {
  const { BuildspecOverride: override } = options;
  // One line is the path of another file, as in CodeBuild.
  if (override?.includes('\n') === true) return parseBuildspec(parseYaml(override, 'BuildspecOverride'));
  const path = override ?? options.Buildspec;
  if (!innerPath.safeParse(path).success)
    throw new ActionFailed('ConfigurationError', 'BuildspecOverride must be YAML or a path inside the artifact.');
  return parseBuildspec(await readYaml(join(directory, path), path));
}

interface Output {
  readonly name: string;
  readonly spec: ArtifactSpec;
}

/** Which part of the buildspec makes which output artifact: by its identifier, or the primary part for an only output. */
function matchOutputs({ artifacts }: Buildspec, { job }: ActionContext): Output[] {
  const secondary = new Map(Object.entries(artifacts?.['secondary-artifacts'] ?? {}));
  const primary = artifacts !== undefined && 'files' in artifacts ? (artifacts as ArtifactSpec) : undefined;
  return job.outputArtifacts.map(({ name }) => {
    const spec = secondary.get(name) ?? (job.outputArtifacts.length === 1 ? primary : undefined);
    if (spec !== undefined) return { name, spec };
    throw new ActionFailed(
      'ConfigurationError',
      `The buildspec says nothing about the output artifact ${name}: name its files in artifacts${job.outputArtifacts.length > 1 ? `.secondary-artifacts.${name}` : ''}.`,
    );
  });
}

async function remarkWithoutEffect(spec: Buildspec, { log }: ActionContext): Promise<void> {
  const runtimes = spec.phases.install?.['runtime-versions'] !== undefined ? ['runtime-versions'] : [];
  const given = (['cache', 'run-as'] as const).filter((key) => spec[key] !== undefined);
  const all = [...runtimes, ...given];
  if (all.length > 0) await log.remark(`Without effect on this runner: ${all.join(', ')}.`);
}

async function chosenShell(spec: Buildspec, context: ActionContext): Promise<Shell> {
  const wanted = spec.env?.shell;
  if (wanted === undefined) return await defaultShell(context);
  return basename(wanted) as Shell;
}

function buildVariables(context: ActionContext, { PrimarySource }: Options): Record<string, string> {
  const { job, now } = context;
  const primary = job.inputArtifacts.find(({ name }) => name === PrimarySource) ?? job.inputArtifacts[0];
  return {
    CI: 'true',
    CODEBUILD_CI: 'true',
    CODEBUILD_BUILD_ID: buildId(context),
    CODEBUILD_BUILD_ARN: `arn:millrace:codebuild::${job.project}:build/${buildId(context)}`,
    CODEBUILD_INITIATOR: `codepipeline/${job.pipelineName}`,
    CODEBUILD_START_TIME: String(now().getTime()),
    ...(primary === undefined ? {} : sourceVersion(primary)),
  };
}

function buildId({ job }: ActionContext): string {
  return `${job.pipelineName}-${job.actionName}:${job.actionExecutionId}`;
}

function failure({ failures, ending }: ScriptEnd, steps: readonly PlannedStep[]): string {
  const first = failures.find(({ step }) => steps[step]?.tolerated !== true);
  const step = first === undefined ? undefined : steps[first.step];
  if (first === undefined || step === undefined) return `The shell ended with ${ending}.`;
  return `Phase ${step.phase}: "${cut(step.command.trim(), 1_000)}" ended with exit code ${first.exitCode}.`;
}

async function storeOutputs(
  outputs: readonly Output[],
  directory: string,
  context: ActionContext,
): Promise<StoredOutput[]> {
  const stored: StoredOutput[] = [];
  for (const { name, spec } of outputs) {
    const base = baseDirectory(spec, directory);
    const tree = without(await listExisting(base, directory, spec, context), spec['exclude-paths'] ?? []);
    const files = await selectFiles(tree, spec.files, base);
    stored.push(await context.storeOutput(name, spec['discard-paths'] === true ? flattened(files) : files));
    await context.log.remark(`Stored ${name}: ${files.length} files.`);
  }
  return stored;
}

function baseDirectory(spec: ArtifactSpec | ReportSpec, directory: string): string {
  const base = spec['base-directory'];
  if (base === undefined || base === '' || base === '.') return directory;
  if (innerPath.safeParse(base).success) return join(directory, base);
  throw new ActionFailed('ConfigurationError', `base-directory ${JSON.stringify(base)} must lie inside the source.`);
}

async function listExisting(
  base: string,
  directory: string,
  spec: ArtifactSpec,
  { signal }: ActionContext,
): Promise<Tree> {
  const [root, real] = await Promise.all([directory, base].map((path) => realpath(path).catch(() => undefined)));
  const inside = real !== undefined && root !== undefined && (real === root || real.startsWith(root + sep));
  // A build can make a link of it that leads away.
  if (!inside)
    throw new ActionFailed('JobFailed', `There is no base-directory ${spec['base-directory']} in the source.`);
  return await listTree(real, signal);
}

function without(tree: Tree, patterns: readonly string[]): Tree {
  const bad = patterns
    .map((pattern) => [pattern, globFault(pattern)] as const)
    .find(([, fault]) => fault !== undefined);
  if (bad !== undefined)
    throw new ActionFailed('ConfigurationError', `The pattern ${JSON.stringify(bad[0])} ${bad[1]}.`);
  return { ...tree, files: tree.files.filter(({ path }) => !patterns.some((pattern) => matchesGlob(pattern, path))) };
}

function flattened(files: readonly TreeFile[]): TreeFile[] {
  const seen = new Map<string, string>();
  return files
    .map((file) => {
      const name = basename(file.path);
      const other = seen.get(name);
      if (other !== undefined)
        throw new ActionFailed('JobFailed', `discard-paths: ${other} and ${file.path} have the same name.`);
      seen.set(name, file.path);
      return { ...file, path: name };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Counts the tests of all reports, also of a build that failed: that is when somebody asks. */
async function countReports(
  reports: Readonly<Record<string, ReportSpec>>,
  directory: string,
  context: ActionContext,
): Promise<{ summary?: string }> {
  if (Object.keys(reports).length === 0) return {};
  let count = NO_TESTS;
  for (const [group, spec] of Object.entries(reports)) {
    if (spec['file-format'].toUpperCase() !== 'JUNITXML') {
      await context.log.remark(`Report ${group}: only JUNITXML is counted, not ${spec['file-format']}.`);
      continue;
    }
    for (const file of await reportFiles(group, spec, directory, context))
      count = addCounts(count, countTests(await readFile(file.source, 'utf8')));
  }
  await context.log.remark(describeCount(count));
  return { summary: describeCount(count) };
}

async function reportFiles(
  group: string,
  spec: ReportSpec,
  directory: string,
  { log, signal }: ActionContext,
): Promise<TreeFile[]> {
  const tree = await listTree(baseDirectory(spec, directory), signal).catch(() => undefined);
  const found = (tree?.files ?? []).filter(({ path }) => spec.files.some((pattern) => matchesGlob(pattern, path)));
  const files = found.filter(({ bytes }) => bytes <= REPORT_BYTES_MAX).slice(0, REPORTS_MAX);
  if (found.length === 0) await log.remark(`Report ${group}: no file matches ${spec.files.join(', ')}.`);
  else if (files.length < found.length)
    await log.remark(`Report ${group}: ${found.length - files.length} files are too large or too many.`);
  return files;
}

/** The commit that the primary input holds; where no source action has made it, the digest that names its content. */
function sourceVersion({
  revisionId,
  sha256,
}: {
  readonly revisionId?: string;
  readonly sha256: string;
}): Record<string, string> {
  const version = revisionId ?? sha256;
  return { CODEBUILD_RESOLVED_SOURCE_VERSION: version, CODEBUILD_SOURCE_VERSION: version };
}
