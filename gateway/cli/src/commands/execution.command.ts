import type { Command } from 'commander';
import { examples, type Cli } from '../cli.js';
import { refused, usage, type ExitCode } from '../failure.js';
import { nameValue, wholeNumber, type NameValue } from '../options.js';
import { paintStatus, type Style } from '../output/style.js';
import { plainText } from '../output/terminal-text.js';
import { between, duration, localTime, short } from '../output/values.js';
import {
  LOOK_AT_SOURCE,
  RETRY_STAGE,
  START_EXECUTION,
  STOP_EXECUTION,
  type RetryMode,
} from '../platform/executions.js';
import { PAGE_SIZE } from '../platform/pages.js';
import { isOver, type ExecutionRow, type ExecutionStatus } from '../platform/values.js';
import { executionIdOf, executionOf, executionsOf, pipelineOf } from './references.js';
import { watchExecution } from './watch.command.js';

const STATUSES = ['InProgress', 'Stopping', 'Stopped', 'Succeeded', 'Superseded', 'Failed', 'Cancelled'] as const;
const HISTORY_DEFAULT = 25;

export function addExecutionCommands(program: Command, cli: Cli): void {
  addStart(program, cli);
  addStop(program, cli);
  addRetry(program, cli);
  addHistory(program, cli);

  program
    .command('look')
    .description("look at a pipeline's sources now instead of at the next poll")
    .argument('<pipeline>', "the pipeline's name")
    .option('--action <name>', 'one source action; default: all')
    .action(
      cli.run(async (pipeline: string, { action }: { action?: string }) => {
        const platform = await cli.platform();
        const answer = await platform.change(LOOK_AT_SOURCE, {
          pipeline,
          ...(action === undefined ? {} : { actionName: action }),
        });
        if (cli.output.json) return cli.output.value(answer);
        await cli.output.line(`The sources of ${pipeline} are looked at. What is new starts an execution.`);
      }),
    );
}

interface StartOptions {
  readonly var?: readonly NameValue[];
  readonly revision?: readonly NameValue[];
  readonly clientToken?: string;
  readonly watch?: boolean;
}

function addStart(program: Command, cli: Cli): void {
  const start = program
    .command('start')
    .description('start an execution of a pipeline')
    .argument('<pipeline>', "the pipeline's name")
    .option('--var <name=value>', "a pipeline variable's value; may be repeated", nameValue)
    .option('--revision <action=commit>', 'a revision that a source action takes; may be repeated', nameValue)
    .option('--client-token <text>', 'the same token is the same execution: makes repeating the whole command safe')
    .option('--watch', 'follow it to its end; the exit code says how it ended')
    .action(cli.run((pipeline: string, options: StartOptions) => startExecution(cli, pipeline, options)));
  examples(start, [
    ['millrace start shop', 'with the latest revisions'],
    ['millrace start shop --watch && ./announce', 'go on only when it succeeded'],
    ['millrace start shop --var REGION=eu --revision Git=4f1d2c', 'with these'],
  ]);
}

async function startExecution(cli: Cli, pipeline: string, options: StartOptions): Promise<ExitCode | void> {
  const platform = await cli.platform();
  const sourceRevisions = options.revision?.map(({ name, value }) => ({ actionName: name, revisionValue: value }));
  const change = await platform.change(START_EXECUTION, {
    pipeline,
    ...(options.var === undefined ? {} : { variables: options.var }),
    ...(sourceRevisions === undefined ? {} : { sourceRevisions }),
    ...(options.clientToken === undefined ? {} : { clientToken: options.clientToken }),
  });
  if (options.watch === true) return watchExecution(cli, change.executionId, { wholePast: true });
  if (cli.output.json) return cli.output.value(change);
  const ordinal = change.execution === null ? '' : ` #${change.execution.ordinal}`;
  await cli.output.line(`Started ${pipeline}${ordinal}: ${change.executionId}`);
  cli.output.note(`Watch it: millrace watch ${change.executionId}`);
}

function addStop(program: Command, cli: Cli): void {
  const stop = program
    .command('stop')
    .description('stop an execution: what runs is waited for, or abandoned; nothing new starts')
    .argument('<pipeline>', "the pipeline's name")
    .argument('[execution]', 'its id, the beginning of it, or #<number>; default: the latest', 'latest')
    .option('--abandon', 'do not wait for running actions')
    .option('--reason <text>', 'why; 200 characters at most')
    .action(
      cli.run(async (pipeline: string, reference: string, options: { abandon?: boolean; reason?: string }) => {
        const platform = await cli.platform();
        const executionId = await executionIdOf(platform, reference, pipeline);
        const { abandon = false, reason } = options;
        const change = await platform.change(STOP_EXECUTION, {
          executionId,
          abandon,
          ...(reason === undefined ? {} : { reason }),
        });
        if (cli.output.json) return cli.output.value(change);
        await cli.output.line(`${abandon ? 'Abandoning' : 'Stopping'} ${executionId}.`);
      }),
    );
  examples(stop, [
    ["millrace stop shop '#7' --reason 'wrong commit'", 'running actions may end'],
    ['millrace stop shop 1c2b3d4e --abandon', 'now'],
  ]);
}

interface RetryOptions {
  readonly execution?: string;
  readonly mode: 'failed' | 'all';
  readonly watch?: boolean;
}

function addRetry(program: Command, cli: Cli): void {
  const retry = program
    .command('retry')
    .description('run a failed or stopped stage again: the same execution, the same revisions')
    .argument('<pipeline>', "the pipeline's name")
    .argument('<stage>', "the stage's name")
    .option('--execution <id>', 'which execution; default: the one that was in the stage last')
    .option('--mode <which>', 'failed: the actions that failed and those behind; all: every one', 'failed')
    .option('--watch', 'follow it to its end; the exit code says how it ended')
    .action(
      cli.run((pipeline: string, stage: string, options: RetryOptions) => retryStage(cli, pipeline, stage, options)),
    );
  examples(retry, [['millrace retry shop Test --watch', 'the test that failed for a passing reason']]);
}

const RETRY_MODES: ReadonlyMap<string, RetryMode> = new Map([
  ['failed', 'FAILED_ACTIONS'],
  ['all', 'ALL_ACTIONS'],
]);

async function retryStage(cli: Cli, pipeline: string, stage: string, options: RetryOptions): Promise<ExitCode | void> {
  const mode = RETRY_MODES.get(options.mode);
  if (mode === undefined) throw usage(`--mode is "failed" or "all", not "${options.mode}".`);
  const platform = await cli.platform();
  const executionId =
    options.execution === undefined
      ? await lastIn(cli, pipeline, stage)
      : await executionIdOf(platform, options.execution, pipeline);
  const before = await executionOf(platform, executionId);
  const change = await platform.change(RETRY_STAGE, { pipeline, executionId, stage, mode });
  if (options.watch === true) return watchExecution(cli, executionId, { since: before });
  if (cli.output.json) return cli.output.value(change);
  await cli.output.line(`Stage ${stage} of ${executionId} runs again.`);
  cli.output.note(`Watch it: millrace watch ${executionId}`);
}

async function lastIn(cli: Cli, pipeline: string, stage: string): Promise<string> {
  const view = await pipelineOf(await cli.platform(), pipeline);
  const found = view.stages.find(({ name }) => name === stage);
  if (found === undefined)
    throw refused(
      'STAGE_NOT_FOUND',
      `Pipeline ${pipeline} has no stage "${stage}". Its stages: ${view.stages.map(({ name }) => name).join(', ')}.`,
    );
  if (found.latestExecution === null)
    throw refused('EXECUTION_NOT_FOUND', `No execution has been in stage ${stage} of ${pipeline} yet.`);
  return found.latestExecution.executionId;
}

interface HistoryOptions {
  readonly status?: string;
  readonly limit?: number;
  readonly all?: boolean;
}

function addHistory(program: Command, cli: Cli): void {
  const history = program
    .command('history')
    .description('list executions, latest first')
    .argument('[pipeline]', "the pipeline's name; default: all pipelines")
    .option('--status <status>', `only these: ${STATUSES.join(', ')}`)
    .option('--limit <n>', `how many at most; default ${HISTORY_DEFAULT}`, wholeNumber(1, 1_000_000))
    .option('--all', 'all of them, as they are read')
    .action(cli.run((pipeline: string | undefined, options: HistoryOptions) => showHistory(cli, pipeline, options)));
  examples(history, [
    ['millrace history shop --status Failed', 'what went wrong lately'],
    ['millrace history --all --json', 'everything, a JSON text a line'],
  ]);
}

async function showHistory(cli: Cli, pipeline: string | undefined, options: HistoryOptions): Promise<void> {
  const status = statusOf(options.status);
  const limit = options.all === true ? Number.POSITIVE_INFINITY : (options.limit ?? HISTORY_DEFAULT);
  const platform = await cli.platform();
  if (pipeline !== undefined) await pipelineOrHistory(cli, pipeline);
  const rows = executionsOf(platform, pipeline, limit, status);
  if (cli.output.json) {
    for await (const row of rows) await cli.output.item(row);
    return;
  }
  const shown = await showRows(cli, rows);
  if (shown === 0) cli.output.note('No executions.');
  if (shown === limit) cli.output.note(`The latest ${limit}. --limit or --all shows more.`);
}

/** By pages, so that the first line of a long history does not wait for the last. */
async function showRows(cli: Cli, rows: AsyncIterable<ExecutionRow>): Promise<number> {
  const { output } = cli;
  let shown = 0;
  let page: ExecutionRow[] = [];
  const show = async (): Promise<void> => {
    if (page.length > 0) await output.table(historyTable(page, output.style, shown === 0));
    shown += page.length;
    page = [];
  };
  for await (const row of rows) {
    page.push(row);
    if (page.length === PAGE_SIZE) await show();
  }
  await show();
  return shown;
}

/** A name that was mistyped is told from one without history. */
async function pipelineOrHistory(cli: Cli, pipeline: string): Promise<void> {
  const platform = await cli.platform();
  for await (const _ of executionsOf(platform, pipeline, 1)) return;
  await pipelineOf(platform, pipeline);
}

function statusOf(text: string | undefined): ExecutionStatus | undefined {
  if (text === undefined) return undefined;
  const status = STATUSES.find((one) => one.toLowerCase() === text.toLowerCase());
  if (status === undefined) throw usage(`--status is one of ${STATUSES.join(', ')}.`);
  return status;
}

export function historyTable(
  rows: readonly ExecutionRow[],
  style: Style,
  header = true,
): readonly (readonly string[])[] {
  return [
    ...(header ? [['EXECUTION', 'STATUS', 'STARTED', 'TOOK', 'ID', 'TRIGGER', 'REVISION'].map(style.dim)] : []),
    ...rows.map((row) => [
      style.bold(`${plainText(row.pipelineName)} #${row.ordinal}`),
      paintStatus(style, row.status),
      localTime(row.startedAt),
      row.finishedAt === null ? '-' : duration(between(row.startedAt, row.finishedAt)),
      short(row.id),
      plainText(row.trigger.type),
      revisionsOf(row),
    ]),
  ];
}

function revisionsOf({ sourceRevisions, waiting, status }: ExecutionRow): string {
  const revisions = sourceRevisions.map(
    ({ revision }) =>
      `${short(revision.revisionId)}${revision.summary === null ? '' : ` ${plainText(revision.summary)}`}`,
  );
  if (waiting !== null && !isOver(status)) revisions.push(`(${plainText(waiting.explanation)})`);
  return revisions.join('; ') || '-';
}
