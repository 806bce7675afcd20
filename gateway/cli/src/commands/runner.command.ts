import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Runner, RunnerEnd } from '@millrace/runner';
import { examples, type Cli } from '../cli.js';
import { connectionOf, dataDirectoryOf, isLoopback, type GlobalOptions } from '../connection.js';
import { EXIT, Failure, sentenceOf, usage, type ExitCode } from '../failure.js';
import { list, wholeNumber } from '../options.js';
import { plainText } from '../output/terminal-text.js';

interface RunnerCommandOptions {
  readonly label?: readonly string[];
  readonly slots?: number;
  readonly id?: string;
  readonly directory: string;
}

export function addRunnerCommands(program: Command, cli: Cli): void {
  const runner = program.command('runner').description('machines that do the work');
  const start = runner
    .command('start')
    .description('lease jobs from the platform and do them on this machine, until Ctrl-C')
    .option('--label <labels>', 'what this machine offers; several with commas', list)
    .option('--slots <n>', 'jobs at a time; default: two a core, four at least', wholeNumber(1, 1_000))
    .option('--id <name>', 'how the platform names it; default: the host name and a random part')
    .option('--directory <path>', 'its work, caches and results that could not be reported yet', '.millrace-runner')
    .action(cli.run((options: RunnerCommandOptions) => startRunning(cli, options)));
  examples(start, [
    ['millrace token create $(hostname) --role runner', 'on the platform: makes the token'],
    ['millrace runner start --url https://ci.example.org --token mrt_…', 'on the other machine'],
    ['millrace runner start --label gpu,linux --slots 2', 'for the actions that want these labels'],
  ]);
}

const NAME = /^[A-Za-z0-9._-]{1,100}$/;
const LABELS_MAX = 50;
const LABEL = /^[A-Za-z0-9._:/-]{1,100}$/;

const EXIT_OF_END: Readonly<Record<RunnerEnd, ExitCode>> = {
  stopped: EXIT.ok,
  offline: EXIT.unavailable,
  refused: EXIT.forbidden,
};

async function startRunning(cli: Cli, options: RunnerCommandOptions): Promise<ExitCode> {
  const { surroundings } = cli;
  const chosen = checked(options);
  const { url, token } = await runnerConnection(cli);
  const { startRunner, jsonLinesLogger } = await import('@millrace/runner');
  const runner = await startRunner({
    ...chosen,
    url,
    token,
    directory: resolve(surroundings.directory, options.directory),
    logger: cli.output.json ? jsonLinesLogger(surroundings.stdout) : readableLogger(surroundings.stdout),
    environment: { ...surroundings.env },
  }).catch((error: unknown) => {
    const message = `The runner can't start: ${sentenceOf(error)}`;
    throw new Failure(EXIT.refused, 'RUNNER_NOT_STARTED', message, { cause: error });
  });
  cli.output.note(
    `Runner ${runner.runnerId} works for ${url}. Ctrl-C stops it: running jobs are handed back or ended.`,
  );
  return untilItsEnd(cli, runner);
}

async function untilItsEnd(cli: Cli, runner: Pick<Runner, 'ended' | 'stop'>): Promise<ExitCode> {
  const stop = (): void => void runner.stop();
  if (cli.interrupted.aborted) stop();
  cli.interrupted.addEventListener('abort', stop, { once: true });
  const end = await runner.ended;
  if (end === 'refused') cli.output.note('The platform refuses the token. Is it valid, and of role runner?');
  if (end === 'offline') cli.output.note('The platform could not be reached for too long.');
  return EXIT_OF_END[end];
}

interface Chosen {
  readonly labels: readonly string[];
  readonly slots?: number;
  readonly runnerId?: string;
}

function checked({ id, slots, label = [] }: RunnerCommandOptions): Chosen {
  if (id !== undefined && !NAME.test(id))
    throw usage('--id must be 1 to 100 letters, digits, dots, dashes or underscores.');
  const wrong = label.find((one) => !LABEL.test(one));
  if (wrong !== undefined) throw usage(`--label takes letters, digits and . _ : / -, which "${wrong}" is not made of.`);
  if (label.length > LABELS_MAX) throw usage(`--label takes ${LABELS_MAX} labels at most.`);
  return { labels: label, ...(slots === undefined ? {} : { slots }), ...(id === undefined ? {} : { runnerId: id }) };
}

/** A runner's token is not the administrator's: on the platform's machine it is the file beside that one. */
async function runnerConnection(cli: Cli): Promise<{ readonly url: string; readonly token: string }> {
  const { surroundings } = cli;
  const given = cli.connectionOptions();
  const { env } = surroundings;
  const token = given.token ?? env['MILLRACE_RUNNER_TOKEN'] ?? env['MILLRACE_TOKEN'];
  const { url } = await connectionOf({ ...given, token: token ?? 'none' }, surroundings);
  const found = token ?? (await ownRunnerToken(url, given, cli));
  if (found === undefined)
    throw usage(
      'A runner needs a token of its own: millrace token create <name> --role runner, then --token or MILLRACE_RUNNER_TOKEN.',
    );
  return { url, token: found.trim() };
}

async function ownRunnerToken(url: string, given: GlobalOptions, cli: Cli): Promise<string | undefined> {
  if (!isLoopback(new URL(url).hostname)) return undefined;
  return readFile(join(dataDirectoryOf(given, cli.surroundings), 'runner-token'), 'utf8').catch(() => undefined);
}

/** For people; `--json` has it whole. */
function readableLogger(stream: { write(line: string): unknown }) {
  const at = (mark: string) => (fields: object, message: string) => {
    const told = Object.entries(fields).map(
      ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    stream.write(`${new Date().toISOString()} ${mark}${plainText(`${message} ${told.join(' ')}`)}\n`);
  };
  return { info: at(''), warn: at('! '), error: at('✖ ') };
}
