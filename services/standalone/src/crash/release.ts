import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Api, Change } from '../testing/api.js';
import { executionOf, executionsOf, type ExecutionView } from '../testing/executions.js';
import { GitRepository } from '../testing/git-repository.js';
import { linesOf } from '../testing/marker.js';
import { approval, deploy, pipeline, source, stage, type Json } from '../testing/pipeline.js';
import type { PlatformProcess } from '../testing/platform-process.js';
import { until } from '../testing/wait.js';
import type { Acknowledged, Aftermath, EventView } from './promises.js';
import type { StubbornClient } from './stubborn-client.js';

const NAME = 'release';
const RELEASED = 'the first release';
/** A run with a lost runner takes a lease term more; the rest is for a machine with other work. */
const OVER_WITHIN_MS = 90_000;
const OVER: readonly string[] = ['Succeeded', 'Failed', 'Stopped', 'Cancelled', 'Superseded'];

interface PendingApprovals {
  readonly approvals: { readonly nodes: readonly { readonly token: string | null; readonly executionId: string }[] };
}

interface EventPage {
  readonly events: {
    readonly nodes: readonly EventView[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}

/** One release, Source → Build → Approve → Deploy, whose actions leave a line each time they begin to work. */
export class Release {
  private readonly acknowledged: Acknowledged[] = [];
  private readonly marker: string;
  private readonly target: string;
  private executionId: string | undefined;

  constructor(
    private readonly platform: PlatformProcess,
    private readonly client: StubbornClient,
  ) {
    this.marker = join(platform.directory, 'marker');
    this.target = join(platform.directory, 'target');
  }

  private get api(): Api {
    return this.platform.api;
  }

  /** Brings the release to its end, as a person would: asking again whatever had no answer. */
  async run(): Promise<void> {
    const repository = await GitRepository.create(join(this.platform.directory, 'repository'), this.files());
    await this.change('createPipeline', 'PipelineCreated', { definition: this.definition(repository) });
    const id = await this.client.persist('the first execution', () =>
      until('the first execution', async () => (await executionsOf(this.api, NAME))[0]?.id),
    );
    this.executionId = id;
    const before = await this.reaches(id, async () => (await this.pendingToken(id)) !== undefined);
    if (!OVER.includes(before.status)) await this.approve(id);
    const end = await this.reaches(id, async () => false);
    if (end.status === 'Failed') await this.retry(end);
  }

  /** What a blow has failed is not lost: a person's retry brings the same execution to its end. */
  private async retry(failed: ExecutionView): Promise<void> {
    const { id } = failed;
    const stageName = failed.stages.find(({ status }) => status === 'Failed')?.name;
    await this.change('retryStage', 'RetryAdmitted', { pipeline: NAME, executionId: id, stage: stageName });
    const again = async (): Promise<boolean> => (await this.pendingToken(id)) !== undefined;
    const isLater = (execution: ExecutionView): boolean => attemptCount(execution) > attemptCount(failed);
    if (!OVER.includes((await this.reaches(id, again, isLater)).status)) await this.approve(id);
    const { status } = await this.reaches(id, async () => false, isLater);
    if (status !== 'Succeeded') throw new Error(`The retry of stage ${stageName} ended as ${status}.`);
  }

  /** @throws Error when the platform can't say. */
  async aftermath(): Promise<Aftermath> {
    const executionId = this.executionId ?? '';
    const execution = await this.client.persist('the execution', () => executionOf(this.api, executionId));
    return {
      executionId,
      status: execution?.status ?? 'not there',
      events: await this.client.persist('the log', () => this.events()),
      acknowledged: this.acknowledged,
      effects: await linesOf(this.marker),
      served: await readFile(join(this.target, 'current', 'index.html'), 'utf8').catch(() => undefined),
      released: RELEASED,
    };
  }

  private async approve(id: string): Promise<void> {
    const token = await this.client.persist('the approval', () => this.pendingToken(id));
    if (token !== undefined) await this.change('castVote', 'ApprovalGranted', { token, result: 'Approved' });
  }

  /** Waits until the execution is over, or something else is as wanted. */
  private async reaches(
    id: string,
    wanted: () => Promise<boolean>,
    isLater: (execution: ExecutionView) => boolean = () => true,
  ): Promise<ExecutionView> {
    return until(
      `the end of execution ${id}`,
      () =>
        this.client.persist('the execution', async () => {
          const execution = await executionOf(this.api, id);
          if (execution === undefined) return undefined;
          const isOver = OVER.includes(execution.status) && isLater(execution);
          return isOver || (await wanted()) ? execution : undefined;
        }),
      OVER_WITHIN_MS,
    );
  }

  /** Repeated by the same token until it is answered; the answer is kept. */
  private async change(mutation: string, type: string, input: object): Promise<Change> {
    const change = await this.client.persist(mutation, () =>
      this.api.change(mutation, { ...input, clientToken: `crash-${mutation}` }),
    );
    if (typeof change.position !== 'string') throw new Error(`${mutation} was acknowledged without a position.`);
    this.acknowledged.push({ what: mutation, position: change.position, type });
    return change;
  }

  private async pendingToken(id: string): Promise<string | undefined> {
    const { approvals } = await this.api.query<PendingApprovals>(
      '{ approvals(first: 10) { nodes { token executionId } } }',
    );
    return approvals.nodes.find(({ executionId }) => executionId === id)?.token ?? undefined;
  }

  private async events(): Promise<readonly EventView[]> {
    const { logId } = (
      await this.api.query<{ readonly platform: { readonly logId: string } }>('{ platform { logId } }')
    ).platform;
    const all: EventView[] = [];
    for (let after: string | undefined = `${logId}.0`; after !== undefined;) {
      const { events }: EventPage = await this.api.query<EventPage>(
        `query ($after: Position) { events(after: $after, first: 500) {
          nodes { position type category executionId data } pageInfo { hasNextPage endCursor }
        } }`,
        { after },
      );
      all.push(...events.nodes);
      after = events.pageInfo.hasNextPage ? events.pageInfo.endCursor : undefined;
    }
    return all;
  }

  private files(): Readonly<Record<string, string>> {
    return {
      'index.html': RELEASED,
      // The first line is the effect that is counted; the sleep gives a blow something to hit.
      'buildspec.yml': [
        'version: 0.2',
        'phases:',
        '  build:',
        '    commands:',
        `      - echo "\${CODEBUILD_BUILD_ID##*:}" >> ${this.marker}`,
        '      - sleep 1',
        'artifacts:',
        "  files: ['**/*']",
        '',
      ].join('\n'),
      'appspec.yml': ['version: 0.0', 'os: linux', 'hooks:', '  BeforeInstall:', '    - location: before.sh', ''].join(
        '\n',
      ),
      'before.sh': `#!/bin/sh\necho "$DEPLOYMENT_ID" >> ${this.marker}\n`,
    };
  }

  private definition(repository: GitRepository): Json {
    const build: Json = {
      name: 'Build',
      actionTypeId: { category: 'Build', owner: 'Millrace', provider: 'Buildspec', version: '1' },
      inputArtifacts: [{ name: 'Tree' }],
      outputArtifacts: [{ name: 'Package' }],
    };
    return pipeline(
      NAME,
      stage('Source', source(repository)),
      stage('Build', build),
      stage('Approve', approval()),
      stage('Deploy', deploy(this.target, 'Package')),
    );
  }
}

function attemptCount({ stages }: ExecutionView): number {
  return stages.flatMap(({ actions }) => actions.flatMap(({ attempts }) => attempts)).length;
}
