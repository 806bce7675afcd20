import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Everything that the demo makes on disk. */
export interface Workspace {
  readonly directory: string;
  readonly dataDirectory: string;
  readonly logFile: string;
  readonly repository: string;
  /** Where the pipeline deploys to. */
  readonly target: string;
  /** What the smoke test asks for: there, or away. */
  readonly testEnvironment: TestEnvironment;
  readonly pipelineFile: string;
  remove(): Promise<void>;
}

export async function makeWorkspace(): Promise<Workspace> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-demo-'));
  return {
    directory,
    dataDirectory: join(directory, 'data'),
    logFile: join(directory, 'platform.log'),
    repository: join(directory, 'greeter'),
    target: join(directory, 'www'),
    testEnvironment: await TestEnvironment.create(join(directory, 'test-environment')),
    pipelineFile: join(directory, 'pipeline.json'),
    // A runner that is just ending may still write.
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}

export class TestEnvironment {
  private constructor(readonly directory: string) {}

  static async create(directory: string): Promise<TestEnvironment> {
    await mkdir(directory);
    const environment = new TestEnvironment(directory);
    await environment.comeBack();
    return environment;
  }

  async goAway(): Promise<void> {
    await rm(join(this.directory, 'is-up'));
  }

  async comeBack(): Promise<void> {
    await writeFile(join(this.directory, 'is-up'), '');
  }
}

interface Declared {
  readonly pipeline: { name: string; readonly stages: readonly { readonly actions: readonly DeclaredAction[] }[] };
}

interface DeclaredAction {
  readonly configuration?: Record<string, string>;
  readonly environmentVariables?: readonly { readonly name: string; value: string }[];
}

/** The pipeline's JSON file with this machine's paths in it. */
export async function writePipeline(template: string, name: string, workspace: Workspace): Promise<void> {
  const declared = JSON.parse(await readFile(template, 'utf8')) as Declared;
  declared.pipeline.name = name;
  for (const action of declared.pipeline.stages.flatMap(({ actions }) => actions)) {
    const { configuration, environmentVariables = [] } = action;
    if (configuration?.['RepositoryUrl'] !== undefined) configuration['RepositoryUrl'] = workspace.repository;
    if (configuration?.['TargetDirectory'] !== undefined) configuration['TargetDirectory'] = workspace.target;
    for (const variable of environmentVariables)
      if (variable.name === 'TEST_ENVIRONMENT') variable.value = workspace.testEnvironment.directory;
  }
  await writeFile(workspace.pipelineFile, `${JSON.stringify(declared, undefined, 2)}\n`);
}
