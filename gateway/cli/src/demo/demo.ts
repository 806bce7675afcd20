import { join } from 'node:path';
import { Command } from 'commander';
import { connectionOf, type GlobalOptions } from '../connection.js';
import { EXIT, Failure, type ExitCode } from '../failure.js';
import { Output } from '../output/output.js';
import { short } from '../output/values.js';
import { CREATE_PIPELINE, DELETE_PIPELINE } from '../platform/pipelines.js';
import { Platform } from '../platform/platform.js';
import type { ExecutionStatus } from '../platform/values.js';
import type { Surroundings } from '../surroundings.js';
import { PlatformProcess } from './platform-process.js';
import { attemptsOf, ranInParallel, Releases, statusOf, type Followed } from './releases.js';
import { Repository, type Edit } from './repository.js';
import { SiteServer } from './site-server.js';
import { expectThat, Steps } from './steps.js';
import { makeWorkspace, writePipeline, type Workspace } from './workspace.js';
import { readFile } from 'node:fs/promises';

const START_MS_MAX = 25_000;
const RELEASE_MS_MAX = 30_000;
const SHORT_MS_MAX = 10_000;

/** The application's directory and the pipeline's file, as they are in the repository of Millrace. */
export interface DemoFiles {
  readonly application: string;
  readonly pipeline: string;
  /** The platform's entry, built. */
  readonly platformMain: string;
}

interface DemoOptions extends Pick<GlobalOptions, 'url' | 'token' | 'data'> {
  readonly keep?: boolean;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'The whole main job of Millrace on this machine: from a commit to a release, through build, test, approval and deployment.',
    )
    .option('--url <address>', 'a platform that runs on this machine already; default: one of its own')
    .option('--token <text>', 'who asks, with --url')
    .option('--data <directory>', "that platform's data directory, where its token is read from")
    .option('--keep', 'leave everything as it is at the end, the platform running');
}

/**
 * Runs the demo and takes away what it made.
 *
 * @throws Failure that names the step that did not do what it should.
 */
export async function runDemo(options: DemoOptions, surroundings: Surroundings, files: DemoFiles): Promise<ExitCode> {
  const output = new Output(surroundings, false);
  const workspace = await makeWorkspace();
  const demo = new Demo(options, { surroundings, output, workspace, files });
  try {
    await demo.run();
    return EXIT.ok;
  } finally {
    await demo.end();
  }
}

interface Parts {
  readonly surroundings: Surroundings;
  readonly output: Output;
  readonly workspace: Workspace;
  readonly files: DemoFiles;
}

const CHANGES = {
  second: {
    message: 'Greet Millrace',
    file: 'src/greeting.mjs',
    from: "visitor = 'world'",
    to: "visitor = 'Millrace'",
  },
  broken: {
    message: 'Greet in a friendlier way',
    file: 'src/greeting.mjs',
    from: '`Hello, ${name}!`',
    to: '`Hello dear ${name}`',
  },
  mended: {
    message: 'Greet as the tests want it',
    file: 'src/greeting.mjs',
    from: '`Hello dear ${name}`',
    to: "`Hello, ${name.replace(/^millrace$/i, 'Millrace')}!`",
  },
} as const satisfies Record<string, Edit>;

class Demo {
  readonly #steps: Steps;
  #process: PlatformProcess | undefined;
  #platform: Platform | undefined;
  #site: SiteServer | undefined;
  #created: string | undefined;

  constructor(
    private readonly options: DemoOptions,
    private readonly parts: Parts,
  ) {
    this.#steps = new Steps(parts.output, parts.surroundings.interrupted);
  }

  async run(): Promise<void> {
    const { output, workspace } = this.parts;
    await output.line(output.style.bold('Millrace: from a commit to a release, on this machine'));
    const platform = await this.#connect();
    const { repository, commitId } = await this.#steps.run(
      'A Git repository with an application and its tests',
      SHORT_MS_MAX,
      () => this.#repository(),
    );
    const releases = await this.#steps.run('A pipeline, from a JSON file', SHORT_MS_MAX, () =>
      this.#pipeline(platform),
    );
    this.#site = await SiteServer.start(workspace.target);

    const scenario = new Scenario(releases, repository, this.#site, this.parts, this.#steps);
    await scenario.first(commitId);
    await scenario.second();
    await scenario.broken();
    await scenario.mended();
    await scenario.passingTrouble();
    await scenario.history();
    await output.line(
      `\n${output.style.green('✔')} ${output.style.bold(`All of it happened, in ${this.#steps.elapsed}.`)}`,
    );
  }

  async #connect(): Promise<Platform> {
    const { surroundings, output, workspace, files } = this.parts;
    const { url } = this.options;
    if (url === undefined)
      this.#process = await this.#steps.run('The platform starts', START_MS_MAX, async (signal) => {
        const { dataDirectory, logFile } = workspace;
        const { env } = surroundings;
        const started = await PlatformProcess.start({ main: files.platformMain, dataDirectory, logFile, env, signal });
        await output.line(`   listens on ${started.url}, data in ${dataDirectory}`);
        return started;
      });
    const globals =
      this.#process === undefined ? this.options : { url: this.#process.url, data: workspace.dataDirectory };
    const connection = await connectionOf(
      globals,
      this.#process === undefined ? surroundings : { ...surroundings, env: {} },
    );
    this.#platform = new Platform({ ...connection, signal: surroundings.interrupted });
    return this.#platform;
  }

  async #repository(): Promise<{ readonly repository: Repository; readonly commitId: string }> {
    const { surroundings, workspace, files, output } = this.parts;
    const made = await Repository.create(
      workspace.repository,
      files.application,
      'A page that greets',
      surroundings.env,
    );
    await output.line(`   ${workspace.repository}, commit ${short(made.commitId)}: A page that greets`);
    return made;
  }

  async #pipeline(platform: Platform): Promise<Releases> {
    const { workspace, files, output } = this.parts;
    // A running platform may have a pipeline of that name.
    const name = this.#process === undefined ? `greeter-${short(crypto.randomUUID())}` : 'greeter';
    await writePipeline(files.pipeline, name, workspace);
    await output.line(`   ${output.style.dim(`$ millrace pipeline create -f ${workspace.pipelineFile}`)}`);
    const saved = await platform.change(CREATE_PIPELINE, { text: await readFile(workspace.pipelineFile, 'utf8') });
    this.#created = saved.name;
    await output.line(
      `   ${saved.name}, version ${saved.version ?? 1}: Source (Git) → Build (Buildspec) → Test (Commands, two in parallel) → Approve (Manual) → Deploy (Files)`,
    );
    return new Releases(platform, output, saved.name);
  }

  /** Takes away what was made, or says what stays. */
  async end(): Promise<void> {
    await this.#site?.close();
    if (this.options.keep === true && !this.parts.surroundings.interrupted.aborted) await this.#sayWhatStays();
    else await this.#takeAway();
    await this.#platform?.close();
  }

  async #takeAway(): Promise<void> {
    const { output, workspace } = this.parts;
    if (this.#process === undefined) await this.#deletePipeline();
    await this.#platform?.close();
    await this.#process?.stop();
    await workspace.remove();
    await output.line(output.style.dim('The demo has removed all that it made. --keep leaves it to be looked at.'));
  }

  /** Ours would be gone with its platform. */
  async #deletePipeline(): Promise<void> {
    if (this.#created === undefined || this.#platform === undefined) return;
    await this.#platform
      .change(DELETE_PIPELINE, { name: this.#created })
      .catch(() =>
        this.parts.output.note(
          `Pipeline ${this.#created ?? ''} could not be deleted: millrace pipeline delete ${this.#created ?? ''}`,
        ),
      );
  }

  async #sayWhatStays(): Promise<void> {
    const { output, workspace } = this.parts;
    const url = this.#process?.url ?? this.options.url ?? '';
    const data = this.#process === undefined ? '' : ` --data ${workspace.dataDirectory}`;
    const name = this.#created ?? 'greeter';
    this.#process?.release();
    await output.lines([
      '',
      output.style.bold('It stays, to be looked at:'),
      `  look      npx millrace status ${name} --url ${url}${data}`,
      `  watch     npx millrace watch ${name} --follow --url ${url}${data}`,
      `  change    commit something in ${workspace.repository}: it is released within seconds, once you approve`,
      `  released  ${join(workspace.target, 'current', 'index.html')}`,
      ...(this.#process === undefined
        ? [`  remove    npx millrace pipeline delete ${name} --url ${url}; rm -r ${workspace.directory}`]
        : [`  stop      kill ${this.#process.pid}; rm -r ${workspace.directory}`]),
    ]);
  }
}

/** What happens to the application. */
class Scenario {
  #ordinal = 0;
  #page = '';

  // eslint-disable-next-line max-params -- the demo's cast
  constructor(
    private readonly releases: Releases,
    private readonly repository: Repository,
    private readonly site: SiteServer,
    private readonly parts: Parts,
    private readonly steps: Steps,
  ) {}

  async first(commitId: string): Promise<void> {
    await this.steps.run('The first commit is released', RELEASE_MS_MAX, async (signal) => {
      const followed = await this.#next(signal, commitId);
      expectEnd(followed, 'Succeeded');
      const { execution, logLines, told } = followed;
      expectThat(
        ranInParallel(execution, 'Test', 'Unit', 'Smoke'),
        'Test/Unit and Test/Smoke did not run at one time.',
      );
      const stages = told.filter((item) => item.type === 'stage' && item.status === 'Succeeded');
      expectThat(stages.length === 5, `The subscription told of ${stages.length} stages that succeeded, not of 5.`);
      expectThat(
        told.some(({ type }) => type === 'approval'),
        'The subscription told of no approval.',
      );
      expectLine(logLines, 'Build/Page', 'Built dist/index.html');
      expectLine(logLines, 'Test/Unit', 'ok - greets Ada');
      expectLine(logLines, 'Test/Smoke', 'ok - the page greets');
      await this.#served('Hello, world!', commitId);
    });
  }

  async second(): Promise<void> {
    await this.steps.run('A second commit is detected, and released', RELEASE_MS_MAX, async (signal) => {
      const commitId = await this.#commit(CHANGES.second);
      expectEnd(await this.#next(signal, commitId), 'Succeeded');
      await this.#served('Hello, Millrace!', commitId);
    });
  }

  async broken(): Promise<void> {
    await this.steps.run('A third commit breaks a test', RELEASE_MS_MAX, async (signal) => {
      const before = this.#page;
      const commitId = await this.#commit(CHANGES.broken);
      const followed = await this.#next(signal, commitId);
      expectEnd(followed, 'Failed');
      expectThat(statusOf(followed.execution, 'Test', 'Unit') === 'Failed', 'Test/Unit should have failed.');
      expectThat(statusOf(followed.execution, 'Approve') === null, 'Nobody should have been asked for an approval.');
      expectLine(followed.logLines, 'Test/Unit', `not ok - greeting('world') is "Hello dear world"`);
      expectThat((await this.#fetch()) === before, 'The release that is served has changed.');
      await this.#say('The former release is served on, untouched.');
    });
  }

  async mended(): Promise<void> {
    await this.steps.run('A fourth commit mends it', RELEASE_MS_MAX, async (signal) => {
      const commitId = await this.#commit(CHANGES.mended);
      expectEnd(await this.#next(signal, commitId), 'Succeeded');
      await this.#served('Hello, Millrace!', commitId);
    });
  }

  async passingTrouble(): Promise<void> {
    const { testEnvironment } = this.parts.workspace;
    const failed = await this.steps.run('A stage fails for a passing reason', RELEASE_MS_MAX, async (signal) => {
      await testEnvironment.goAway();
      await this.#say('The environment of the smoke test is away. Started by hand:');
      await this.#command(`millrace start ${this.releases.pipeline}`);
      const followed = await this.releases.follow(await this.releases.start(), signal);
      this.#ordinal = followed.execution.ordinal;
      expectEnd(followed, 'Failed');
      expectThat(statusOf(followed.execution, 'Test', 'Unit') === 'Succeeded', 'Test/Unit should have succeeded.');
      expectLine(followed.logLines, 'Test/Smoke', 'The test environment is away.');
      return followed.execution;
    });
    await this.steps.run('The stage is retried, and the execution goes on', RELEASE_MS_MAX, async (signal) => {
      await testEnvironment.comeBack();
      await this.#say('The environment is back.');
      await this.#command(`millrace retry ${this.releases.pipeline} Test`);
      const followed = await this.releases.retry(failed, 'Test', signal);
      expectEnd(followed, 'Succeeded');
      const attempts = ['Unit', 'Smoke'].map((action) => attemptsOf(followed.execution, 'Test', action)).join(' and ');
      expectThat(attempts === '1 and 2', `Unit and Smoke should have had 1 and 2 attempts, and had ${attempts}.`);
    });
  }

  async history(): Promise<void> {
    await this.steps.run('What has happened', SHORT_MS_MAX, async () => {
      await this.#command(`millrace history ${this.releases.pipeline}`);
      const rows = await this.releases.history();
      const seen = rows.map(({ ordinal, status, trigger }) => `${ordinal} ${status} ${trigger.type}`);
      const expected = [
        '5 Succeeded StartPipelineExecution',
        '4 Succeeded PollForSourceChanges',
        '3 Failed PollForSourceChanges',
        '2 Succeeded PollForSourceChanges',
        '1 Succeeded PollForSourceChanges',
      ];
      expectThat(
        seen.join() === expected.join(),
        `The history should read ${expected.join(', ')}, and reads ${seen.join(', ')}.`,
      );
    });
  }

  async #commit(edit: Edit): Promise<string> {
    const commitId = await this.repository.edit(edit);
    await this.#command(`git commit --message '${edit.message}'  # ${short(commitId)}`);
    return commitId;
  }

  /** Follows what the platform starts by itself, and makes sure that it did so for this commit. */
  async #next(signal: AbortSignal, commitId: string): Promise<Followed> {
    const executionId = await this.releases.detected(this.#ordinal, signal);
    const followed = await this.releases.follow(executionId, signal);
    const { ordinal, trigger, sourceRevisions } = followed.execution;
    this.#ordinal = ordinal;
    expectThat(
      trigger.type === 'PollForSourceChanges',
      `It was started by ${trigger.type}, not by PollForSourceChanges.`,
    );
    const revision = sourceRevisions.at(0)?.revision.revisionId;
    expectThat(revision === commitId, `It released ${revision ?? 'nothing'}, not commit ${commitId}.`);
    return followed;
  }

  async #served(heading: string, commitId: string): Promise<void> {
    this.#page = await this.#fetch();
    expectThat(this.#page.includes(`<h1>${heading}</h1>`), `The page that is served does not say "${heading}".`);
    expectThat(this.#page.includes(commitId), `The page that is served is not of commit ${commitId}.`);
    await this.#say(`${this.site.url} serves it: <h1>${heading}</h1>, built from commit ${short(commitId)}.`);
  }

  async #fetch(): Promise<string> {
    const response = await fetch(this.site.url);
    const text = await response.text();
    if (!response.ok) throw new Failure(EXIT.failed, 'NOT_SERVED', `${this.site.url} answers HTTP ${response.status}.`);
    return text;
  }

  #say(sentence: string): Promise<void> {
    return this.parts.output.line(`   ${sentence}`);
  }

  #command(text: string): Promise<void> {
    return this.#say(this.parts.output.style.dim(`$ ${text}`));
  }
}

function expectEnd({ execution }: Followed, status: ExecutionStatus): void {
  expectThat(
    execution.status === status,
    `Execution #${execution.ordinal} should have ended as ${status}, and ended as ${execution.status}.`,
  );
}

function expectLine(lines: Followed['logLines'], place: string, text: string): void {
  expectThat(
    lines.some((line) => line.place === place && line.line.includes(text)),
    `The output of ${place} should hold "${text}".`,
  );
}
