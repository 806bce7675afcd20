import type { Command } from 'commander';
import { examples, type Cli } from '../cli.js';
import { refused, type Failure } from '../failure.js';
import { wholeNumber } from '../options.js';
import { logLine } from '../output/terminal-text.js';
import { bytes } from '../output/values.js';
import type { AttemptView, ExecutionView } from '../platform/values.js';
import { logChunks, logLines, type LogPlace } from '../watch/log-tail.js';
import { EXECUTION_REFERENCE, executionIdOf, executionOf } from './references.js';

interface LogOptions {
  readonly follow?: boolean;
  readonly attempt?: number;
  readonly offset: number;
}

export function addLogCommand(program: Command, cli: Cli): void {
  const logs = program
    .command('logs')
    .description("print an action's output")
    .argument('<execution>', EXECUTION_REFERENCE)
    .argument('<stage/action>', 'which action; the stage alone where it has one action')
    .option('-f, --follow', 'go on with what is written, until the action is over')
    .option('--attempt <n>', 'which attempt; default: the latest', wholeNumber(1, 999_999))
    .option('--offset <bytes>', 'where to begin', wholeNumber(0, 999_999_999), 0)
    .action(
      cli.run((execution: string, place: string, options: LogOptions) => showLog(cli, execution, place, options)),
    );
  examples(logs, [
    ['millrace logs shop Test/Unit', 'of the latest execution of shop'],
    ['millrace logs -f 1c2b3d4e Build/Compile', 'as it is written'],
    ['millrace logs shop#7 Test/Unit --attempt 1 > first.log', 'before the retry'],
  ]);
}

async function showLog(cli: Cli, reference: string, place: string, options: LogOptions): Promise<void> {
  const platform = await cli.platform();
  const execution = await executionOf(platform, await executionIdOf(platform, reference));
  const attempt = attemptOf(execution, place, options.attempt);
  const log: LogPlace = { executionId: execution.id, actionExecutionId: attempt.id };
  const follow = { offset: options.offset, follow: options.follow === true, signal: cli.interrupted };
  const { output } = cli;
  if (output.json) {
    for await (const chunk of logChunks(platform, log, follow)) await output.item(chunk);
  } else if (output.isTerminal) {
    for await (const line of logLines(platform, log, follow)) await output.line(logLine(line, output.style.colours));
  } else {
    // Somebody's file or program: as it was written.
    for await (const { text } of logChunks(platform, log, follow)) await output.write(text);
  }
  const dropped = attempt.log?.dropped ?? 0;
  if (dropped > 0) output.note(`${bytes(dropped)} more were over the limit and were not kept.`);
}

function attemptOf(execution: ExecutionView, place: string, number: number | undefined): AttemptView {
  const [stageName, actionName, ...more] = place.split('/');
  const stage = execution.stages.find(({ name }) => name === stageName);
  if (stage === undefined || more.length > 0) throw noAction(place, execution);
  const only = actionName === undefined && stage.actions.length === 1 ? stage.actions[0] : undefined;
  const action = only ?? stage.actions.find(({ name }) => name === actionName);
  if (action === undefined) throw noAction(place, execution);
  const attempt =
    number === undefined ? action.attempts.at(-1) : action.attempts.find(({ attempt }) => attempt === number);
  if (attempt !== undefined) return attempt;
  throw refused(
    'LOG_NOT_FOUND',
    number === undefined
      ? `${place} has not started in this execution.`
      : `${place} has ${action.attempts.length} attempts in this execution, and no attempt ${number}.`,
  );
}

function noAction(place: string, execution: ExecutionView): Failure {
  const names = execution.stages.flatMap((stage) =>
    stage.actions
      .filter(({ actionTypeId }) => actionTypeId.category !== 'Approval')
      .map((action) => `${stage.name}/${action.name}`),
  );
  return refused(
    'ACTION_NOT_FOUND',
    `This execution has no action "${place}". The actions: ${names.join(', ') || 'none'}.`,
  );
}
