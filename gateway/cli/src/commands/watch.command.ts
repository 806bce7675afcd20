import type { Command } from 'commander';
import { examples, type Cli } from '../cli.js';
import { EXIT, refused, type ExitCode } from '../failure.js';
import { PIPELINE_CHANGED } from '../platform/pipelines.js';
import type { Platform } from '../platform/platform.js';
import { isOver, type ExecutionView } from '../platform/values.js';
import { followExecution, type FollowOptions } from '../watch/follow-execution.js';
import { WatchPresenter } from '../watch/present.js';
import { executionIdOf, executionsOf, isExecutionId } from './references.js';

export function addWatchCommand(program: Command, cli: Cli): void {
  const watch = program
    .command('watch')
    .description('follow an execution live: each stage, action and line of output, until it is over')
    .argument(
      '<pipeline|execution>',
      "a pipeline's name: what runs there now, or the next; or an execution's id, or <pipeline>#<number>",
    )
    .option('--no-logs', 'without output')
    .option('--follow', 'of a pipeline: go on with the next execution, for ever')
    .action(
      cli.run((reference: string, options: { logs: boolean; follow?: boolean }) =>
        watchReference(cli, reference, options),
      ),
    );
  examples(watch, [
    ['millrace watch shop', 'what runs there now, or what starts next'],
    ['millrace watch shop#7', 'the seventh; exit code 0 if it succeeded'],
    ['millrace watch shop --follow --json', 'everything that happens there, a JSON text a line'],
  ]);
}

async function watchReference(
  cli: Cli,
  reference: string,
  options: { readonly logs: boolean; readonly follow?: boolean },
): Promise<ExitCode> {
  const platform = await cli.platform();
  if (isExecutionId(reference) || reference.includes('#'))
    return watchExecution(cli, await executionIdOf(platform, reference), options);
  return watchPipeline(cli, reference, options);
}

type WatchOptions = Pick<FollowOptions, 'since' | 'logs' | 'wholePast'>;

/** @returns 0 when it succeeded, else 1. */
export async function watchExecution(cli: Cli, executionId: string, options: WatchOptions = {}): Promise<ExitCode> {
  const end = await follow(cli, executionId, options);
  return end?.status === 'Succeeded' ? EXIT.ok : EXIT.failed;
}

async function follow(cli: Cli, executionId: string, options: WatchOptions): Promise<ExecutionView | undefined> {
  const platform = await cli.platform();
  const { output } = cli;
  const presenter = new WatchPresenter(output.style);
  return followExecution(platform, {
    ...options,
    executionId,
    tell: (item) => (output.json ? output.item(item) : output.lines(presenter.present(item))),
  });
}

/** Follows what runs, or the next one that starts. One that is over when the watch begins is not shown again. */
async function watchPipeline(
  cli: Cli,
  name: string,
  options: { readonly logs: boolean; readonly follow?: boolean },
): Promise<ExitCode> {
  for await (const { executionId, joining } of startedExecutions(cli, name)) {
    const end = await watchExecution(cli, executionId, { logs: options.logs, wholePast: !joining });
    if (options.follow !== true) return end;
  }
  return EXIT.failed;
}

interface Started {
  readonly executionId: string;
  /** Whether it ran already when the watch began. */
  readonly joining: boolean;
}

async function* startedExecutions(cli: Cli, name: string): AsyncGenerator<Started, void, undefined> {
  const platform = await cli.platform();
  let seen: number | undefined;
  for await (const event of platform.follow(PIPELINE_CHANGED, () => ({ name }))) {
    if (event.kind === 'reconnected') continue;
    const { pipelineChanged: pipeline } = event.data;
    if (pipeline === null)
      throw refused('PIPELINE_NOT_FOUND', `There is no pipeline "${name}". See \`millrace pipeline list\`.`);
    const latest = pipeline.latestExecution;
    const ordinal = latest?.ordinal ?? 0;
    if (seen === undefined) {
      if (latest !== null && !isOver(latest.status)) yield { executionId: latest.id, joining: true };
      else cli.output.note(`Nothing runs in ${name}. Waiting for the next execution …`);
    } else {
      for (const executionId of await between(platform, name, seen, ordinal)) yield { executionId, joining: false };
    }
    seen = ordinal;
  }
}

/** Behind the one ordinal, up to the other, oldest first: several may have started while one was watched. */
async function between(platform: Platform, pipeline: string, after: number, last: number): Promise<readonly string[]> {
  if (last <= after) return [];
  const ids: string[] = [];
  for await (const { ordinal, id } of executionsOf(platform, pipeline, Number.POSITIVE_INFINITY)) {
    if (ordinal <= after) break;
    if (ordinal <= last) ids.unshift(id);
  }
  return ids;
}
