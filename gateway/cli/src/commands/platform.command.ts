import type { Command } from 'commander';
import { examples, type Cli } from '../cli.js';
import { EXIT, type ExitCode } from '../failure.js';
import { paintStatus, statusMark, type Style } from '../output/style.js';
import { plainText } from '../output/terminal-text.js';
import { bytes, duration, localTime, plural, short } from '../output/values.js';
import { VIEWER } from '../platform/access.js';
import { DROP_PARKED, PARKED, PLATFORM, RETRY_PARKED, type PlatformView } from '../platform/operations.js';
import type { PipelineView, StageNow } from '../platform/pipelines.js';
import { pipelineOf } from './references.js';

export function addPlatformCommands(program: Command, cli: Cli): void {
  program
    .command('platform')
    .description(
      'the installation: versions, how far everything has come, who works; exit code 1 if something is stuck',
    )
    .action(cli.run(() => showPlatform(cli)));

  const status = program
    .command('status')
    .description('where everything is in a pipeline now, and why it is there; without one: the installation')
    .argument('[pipeline]', "the pipeline's name")
    .action(
      cli.run(async (name: string | undefined) => {
        if (name === undefined) return showPlatform(cli);
        const view = await pipelineOf(await cli.platform(), name);
        if (cli.output.json) return cli.output.value(view);
        await cli.output.lines(pipelineLines(view, cli.output.style));
      }),
    );
  examples(status, [['millrace status shop', 'is my change out, and if not, why not?']]);

  program
    .command('whoami')
    .description('who the platform takes you for')
    .action(
      cli.run(async () => {
        const { viewer } = await (await cli.platform()).query(VIEWER, {});
        if (cli.output.json) return cli.output.value(viewer);
        await cli.output.line(
          `${plainText(viewer.actor.name)} (${viewer.actor.kind}), ${viewer.role} of ${viewer.project}`,
        );
      }),
    );
  addParkedCommands(program, cli);
}

function addParkedCommands(program: Command, cli: Cli): void {
  const parked = program.command('parked').description('messages that could not be handled and wait for a person');
  examples(parked, [
    ['millrace parked list', 'what, and why'],
    ['millrace parked retry <id>', 'after the cause is mended'],
  ]);

  parked
    .command('list')
    .description('list them with their causes')
    .action(
      cli.run(async () => {
        const { platform } = await (await cli.platform()).query(PARKED, {});
        if (cli.output.json) return cli.output.value(platform.parked);
        if (platform.parked.length === 0) return cli.output.note('Nothing is parked.');
        await cli.output.table([
          ['ID', 'CONSUMER', 'EVENT', 'PARKED', 'TRIES', 'CAUSE'].map(cli.output.style.dim),
          ...platform.parked.map(({ id, consumer, eventType, parkedAt, attempts, cause }) => [
            id,
            plainText(consumer),
            plainText(eventType),
            localTime(parkedAt),
            String(attempts),
            plainText(cause),
          ]),
        ]);
      }),
    );
  const settle = (verb: string, done: string, operation: typeof RETRY_PARKED, what: string): void =>
    void parked
      .command(verb)
      .description(what)
      .argument('<id>', "the message's id")
      .action(
        cli.run(async (id: string) => {
          const answer = await (await cli.platform()).change(operation, { id });
          if (cli.output.json) return cli.output.value(answer);
          await cli.output.line(`${done} ${id}. What waited behind it goes on.`);
        }),
      );
  settle('retry', 'Handled', RETRY_PARKED, 'handle one again, and what waits behind it');
  settle('drop', 'Gave up', DROP_PARKED, 'give one up; what waits behind it is handled');
}

async function showPlatform(cli: Cli): Promise<ExitCode> {
  const platform = await cli.platform();
  const { platform: view } = await platform.query(PLATFORM, {});
  const stuck = isStuck(view);
  if (cli.output.json) await cli.output.value(view);
  else await cli.output.lines(platformLines(view, platform.url, cli.output.style));
  return stuck ? EXIT.failed : EXIT.ok;
}

function isStuck({ projections, parked }: PlatformView): boolean {
  return parked.length > 0 || projections.some(({ stoppedAt }) => stoppedAt !== null);
}

export function platformLines(view: PlatformView, url: string, style: Style): readonly string[] {
  const behind = (lag: number): string => (lag === 0 ? style.green('at the head') : style.yellow(`${lag} behind`));
  return [
    `${style.bold(`Millrace ${view.version}`)} at ${url}, Node ${view.nodeVersion}, up ${duration(Date.now() - Date.parse(view.startedAt))}`,
    `Log        ${view.head}`,
    `Jobs       ${view.jobsLeased} running, ${view.jobsOffered} waiting for a runner`,
    ...(view.disk === null ? [] : [`Disk       ${bytes(view.disk.freeBytes)} free of ${bytes(view.disk.totalBytes)}`]),
    style.bold('Runners'),
    ...(view.runners.length === 0 ? ['  none: nothing is built until one comes'] : []),
    ...view.runners.map(
      ({ id, name, labels, jobs, lastSeenAt }) =>
        `  ${plainText(id)} (${plainText(name)}) ${plural(jobs, 'job')}, seen ${localTime(lastSeenAt)}${labels.length === 0 ? '' : `, ${plainText(labels.join(','))}`}`,
    ),
    style.bold('Views'),
    ...view.projections.map(({ name, lag, stoppedAt, stoppedBy }) =>
      stoppedAt === null
        ? `  ${name} ${behind(lag)}`
        : `  ${name} ${style.red(`stopped at ${stoppedAt}: ${plainText(stoppedBy ?? '')}`)}`,
    ),
    style.bold('Consumers'),
    ...view.consumers.map(
      ({ name, lag, parked }) =>
        `  ${name} ${behind(lag)}${parked === 0 ? '' : style.red(`, ${parked} parked: millrace parked list`)}`,
    ),
  ];
}

export function pipelineLines(view: PipelineView, style: Style): readonly string[] {
  const { latestExecution: latest } = view;
  const running =
    latest === null
      ? 'has had no execution yet'
      : `latest execution #${latest.ordinal} ${paintStatus(style, latest.status)}`;
  return [
    `${style.bold(plainText(view.name))} version ${view.version}, ${view.executionMode}, ${running}`,
    ...view.sources.map(sourceLine(style)),
    ...view.stages.flatMap((stage) => stageLines(stage, style)),
  ];
}

function sourceLine(style: Style): (source: PipelineView['sources'][number]) => string {
  return ({ actionName, healthy, error, revision }) => {
    if (!healthy)
      return `Source ${plainText(actionName)} ${style.red(`fails: ${plainText(error?.message ?? 'no reason given')}`)}`;
    return `Source ${plainText(actionName)} at ${revision === null ? 'no revision yet' : `${short(revision.revisionId)} ${plainText(revision.summary ?? '')}`}`;
  };
}

function stageLines(stage: StageNow, style: Style): readonly string[] {
  const { transition, inbound, latestExecution: inside } = stage;
  const door = transition.enabled
    ? []
    : [
        style.yellow(
          `  ◦ closed by ${plainText(transition.changedBy?.name ?? 'somebody')}: ${plainText(transition.reason ?? '')}`,
        ),
      ];
  const state =
    inside === null
      ? style.dim('nothing was here')
      : `#${inside.ordinal ?? '?'} ${mark(style, inside.status)} since ${localTime(inside.statusSince)}`;
  return [
    ...door,
    ...inbound.map(({ ordinal, explanation }) => style.yellow(`  ◦ #${ordinal ?? '?'} ${plainText(explanation)}`)),
    `${style.bold(plainText(stage.name))} ${state}`,
    ...stage.actions.map((action) => actionLine(action, style)),
  ];
}

function actionLine({ name, latestExecution: attempt }: StageNow['actions'][number], style: Style): string {
  if (attempt === null) return `    ${plainText(name)} ${style.dim('-')}`;
  const forRunner = attempt.work === 'QUEUED' ? ` waits for a runner` : '';
  const forWhom = attempt.waiting === null ? forRunner : ` waits: ${plainText(attempt.waiting.explanation)}`;
  const waits = attempt.token === null ? forWhom : ' waits for an answer';
  const said = attempt.error?.message ?? attempt.summary;
  return `    ${plainText(name)} ${mark(style, attempt.status)}${style.yellow(waits)}${said === null || said === undefined ? '' : `: ${plainText(said)}`}`;
}

function mark(style: Style, status: string): string {
  return paintStatus(style, status, `${statusMark(status)} ${status}`);
}
