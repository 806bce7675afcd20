import { z } from 'zod';
import { listTree } from '../archives/tree.js';
import { cut } from '../jobs/finished-job.js';
import { labels, parseConfiguration } from './configuration.js';
import { ActionFailed } from './provider.js';
import type { ActionContext, ActionProvider, Outcome, StoredOutput } from './provider.js';
import { runScript } from './shell-script.js';
import type { ScriptEnd } from './shell-script.js';
import { defaultShell, prepareWorkspace, selectFiles } from './workspace.js';

/** Kept from CodePipeline's configuration; a runner is a machine of its own and has no size to choose. */
const configuration = z.strictObject({
  EnvironmentType: z.string().optional(),
  ComputeType: z.string().optional(),
  VpcId: z.string().optional(),
  Subnets: z.string().optional(),
  SecurityGroupIds: z.string().optional(),
  ...labels,
});

const categories = ['Compute', 'Build', 'Test'];

/** The action `AWS/Commands`: lines for one shell. The first that fails ends it. */
export const commandsProvider: ActionProvider = {
  ids: categories.map((category) => ({ category, owner: 'AWS', provider: 'Commands', version: '1' })),

  async run(context: ActionContext): Promise<Outcome> {
    const { job } = context;
    parseConfiguration(configuration, job.configuration);
    const commands = job.commands ?? [];
    if (commands.length === 0) throw new ActionFailed('ConfigurationError', 'The action has no commands.');
    const workspace = await prepareWorkspace(context);
    const end = await runScript(
      {
        steps: commands.map((command, at) => ({ command, ...(at + 1 < commands.length ? { next: at + 1 } : {}) })),
        variables: { ...workspace.variables, ...plainVariables(job.environmentVariables ?? []) },
        exported: job.outputVariables ?? [],
        shell: await defaultShell(context),
        cwd: workspace.directory,
      },
      context,
    );
    const outputVariables = [...end.exported].map(([name, value]) => ({ name, value }));
    if (!end.succeeded) throw new ActionFailed('JobFailed', failure(end, commands), { outputVariables });
    return { status: 'succeeded', outputVariables, outputArtifacts: await storeOutputs(context, workspace.directory) };
  },
};

/** @throws ActionFailed for references to secrets: nothing here could resolve them (docs/decisions/0028). */
export function plainVariables(
  variables: readonly { readonly name: string; readonly value: string; readonly type?: string | undefined }[],
): Record<string, string> {
  const secret = variables.find(({ type }) => type !== undefined && type !== 'PLAINTEXT');
  if (secret !== undefined) {
    throw new ActionFailed(
      'ConfigurationError',
      `The variable ${secret.name} is of type ${secret.type}; this runner knows PLAINTEXT only.`,
    );
  }
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}

function failure({ failures, ending }: ScriptEnd, commands: readonly string[]): string {
  const [first] = failures;
  if (first === undefined) return `The shell ended with ${ending}.`;
  return `"${cut(commands[first.step] ?? '', 1_000)}" ended with exit code ${first.exitCode}.`;
}

async function storeOutputs(context: ActionContext, directory: string): Promise<StoredOutput[]> {
  const { job, log, signal } = context;
  const stored: StoredOutput[] = [];
  for (const { name, files } of job.outputArtifacts) {
    if (files === undefined || files.length === 0) {
      await log.remark(`The output artifact ${name} names no files: nothing is kept.`);
      continue;
    }
    const chosen = await selectFiles(await listTree(directory, signal), files, directory);
    stored.push(await context.storeOutput(name, chosen));
    await log.remark(`Stored ${name}: ${chosen.length} files.`);
  }
  return stored;
}
