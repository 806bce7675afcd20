import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Command } from 'commander';
import { examples, type Cli } from '../cli.js';
import { connectionOf, isLoopback } from '../connection.js';
import { EXIT, Failure, isFailure, sentenceOf, systemCodeOf, usage, type ExitCode } from '../failure.js';
import type { Maintenance, OnProgress, Progress, RebuildReport, VerifyReport } from '@millrace/contracts/maintenance';
import type { Style } from '../output/style.js';
import { bytes, duration, plural } from '../output/values.js';
import { PROJECTIONS, REBUILD_PROJECTION } from '../platform/operations.js';

export function addMaintenanceCommands(program: Command, cli: Cli): void {
  const verify = program
    .command('verify')
    .description(
      'read the log, the views, the output and the artifacts of a data directory, and name every broken promise',
    )
    .action(cli.run(() => verifyData(cli)));
  examples(verify, [['millrace verify --data /srv/millrace --json', 'exit code 1 when something is broken']]);

  const rebuild = program
    .command('rebuild')
    .description('fold views again from the first event, while the platform serves, or on its data while it is away')
    .argument('[projection...]', 'their names, see `millrace platform`; default: all')
    .option('--offline', 'do not ask a running platform')
    .action(
      cli.run((projections: string[], { offline }: { offline?: boolean }) =>
        rebuildViews(cli, projections, offline === true),
      ),
    );
  examples(rebuild, [['millrace rebuild execution.executions.v1', 'one of them']]);

  const exportEvents = program
    .command('export')
    .description('write the event log as JSON Lines, one event a line, in the order of the log')
    .option('-o, --output <file>', 'where to; default: standard output')
    .option('--after <cursor>', 'only events behind this place')
    .action(cli.run((options: { output?: string; after?: string }) => exportLog(cli, options)));
  examples(exportEvents, [['millrace export | gzip > log.jsonl.gz', 'all of it']]);

  const backup = program
    .command('backup')
    .description('copy a data directory, also while the platform runs, to one that can be started from')
    .argument('<directory>', 'where to; must not be there yet')
    .action(cli.run((target: string) => backUp(cli, target)));
  examples(backup, [['millrace backup /backups/$(date +%F)', 'every night']]);

  const restore = program
    .command('restore')
    .description('make the data directory from a backup')
    .argument('<backup>', 'a directory that `millrace backup` has made')
    .option('--replace', 'move a data directory that is there aside')
    .action(
      cli.run((source: string, { replace }: { replace?: boolean }) => restoreFrom(cli, source, replace === true)),
    );
  examples(restore, [['millrace restore /backups/2026-11-24 --data ./.millrace', 'then `npm start`']]);
}

/** A name in a variable: the engines are no dependency of the command, they are what stands beside it. */
const MAINTENANCE = '@millrace/standalone/maintenance';

async function maintenance(): Promise<Maintenance> {
  try {
    return (await import(MAINTENANCE)) as Maintenance;
  } catch (error) {
    if (!['ERR_MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED'].includes(systemCodeOf(error) ?? '')) throw error;
    throw new Failure(
      EXIT.usage,
      'NOT_INSTALLED',
      'This command works on the data itself and needs the platform beside it: run it where Millrace is installed and built (`npm run build`).',
      { cause: error },
    );
  }
}

/** What is refused is told as a refusal. */
async function onData<T>(work: (engines: Maintenance) => Promise<T>): Promise<T> {
  try {
    return await work(await maintenance());
  } catch (error) {
    if (!Error.isError(error) || error.name !== 'MaintenanceRefusal') throw error;
    throw new Failure(EXIT.refused, systemCodeOf(error) ?? 'REFUSED', error.message, { cause: error });
  }
}

const TELL_EVERY_MS = 2_000;

/** On a long way, a note now and then. */
function teller(cli: Cli): OnProgress {
  let toldAtMs = performance.now();
  return ({ step, done, of }: Progress) => {
    if (performance.now() - toldAtMs < TELL_EVERY_MS) return;
    toldAtMs = performance.now();
    cli.output.note(`${step}: ${done}${of === undefined ? '' : ` of ${of}`}`);
  };
}

async function verifyData(cli: Cli): Promise<ExitCode> {
  const { dataDirectory, interrupted: signal } = cli;
  const report = await onData((engines) => engines.verify({ dataDirectory, signal }, teller(cli)));
  if (cli.output.json) await cli.output.value(report);
  else await cli.output.lines(verifyLines(report, dataDirectory, cli.output.style));
  return report.ok ? EXIT.ok : EXIT.failed;
}

function verifyLines(report: VerifyReport, dataDirectory: string, style: Style): readonly string[] {
  const checked = Object.entries(report.checked).map(([kind, count]) => `${count} ${kind}`);
  return [
    ...report.findings.map(({ code, subject, message }) => `${style.red(code)} ${subject}: ${message}`),
    ...report.remarks.map(({ code, subject, message }) => `${style.yellow(code)} ${subject}: ${message}`),
    report.ok
      ? `${style.green('✔')} ${dataDirectory} keeps every promise up to ${report.head}: ${checked.join(', ')}.`
      : `${style.red('✖')} ${dataDirectory}: ${plural(report.findings.length, 'broken promise')}; looked at ${checked.join(', ')}.`,
  ];
}

async function rebuildViews(cli: Cli, projections: readonly string[], offline: boolean): Promise<void> {
  const report = offline ? undefined : await rebuildRunning(cli, projections);
  const { dataDirectory, interrupted: signal } = cli;
  const { rebuilt } =
    report ?? (await onData((engines) => engines.rebuild({ dataDirectory, signal, projections }, teller(cli))));
  if (cli.output.json) return cli.output.value({ rebuilt });
  for (const { name, documents, durationMs } of rebuilt)
    await cli.output.line(`${name}: ${plural(documents, 'document')} in ${duration(durationMs)}`);
}

/** Undefined: nobody answers, and the data is on this machine. */
async function rebuildRunning(cli: Cli, projections: readonly string[]): Promise<RebuildReport | undefined> {
  const platform = await cli.platform();
  const rebuilt: RebuildReport['rebuilt'][number][] = [];
  try {
    const { platform: view } = await platform.query(PROJECTIONS, {});
    const names = projections.length > 0 ? projections : view.projections.map(({ name }) => name);
    for (const name of names) {
      cli.output.note(`Rebuilding ${name} …`);
      rebuilt.push(await platform.change(REBUILD_PROJECTION, { name }));
    }
    return { rebuilt };
  } catch (error) {
    const { url } = await connectionOf(cli.connectionOptions(), cli.surroundings);
    const nobody = isFailure(error) && error.code === 'UNREACHABLE' && isLoopback(new URL(url).hostname);
    if (!nobody || rebuilt.length > 0) throw error;
    cli.output.note(`No platform answers at ${url}: rebuilding the views of ${cli.dataDirectory}.`);
    return undefined;
  }
}

async function exportLog(cli: Cli, options: { output?: string; after?: string }): Promise<void> {
  const { dataDirectory, interrupted: signal } = cli;
  const after = options.after === undefined ? {} : { after: options.after };
  const sink =
    options.output === undefined ? undefined : await fileSink(resolve(cli.surroundings.directory, options.output));
  const write = sink?.write ?? ((line: string) => cli.output.line(line));
  const report = await onData((engines) =>
    engines.exportEvents({ dataDirectory, signal, ...after, write }, teller(cli)),
  );
  await sink?.end();
  cli.output.note(`${plural(report.events, 'event')} up to ${report.head}.`);
}

interface Sink {
  write(line: string): Promise<void>;
  end(): Promise<void>;
}

async function fileSink(path: string): Promise<Sink> {
  const stream = createWriteStream(path);
  try {
    await once(stream, 'open');
  } catch (error) {
    throw usage(`${path} can't be written: ${sentenceOf(error)}.`);
  }
  return {
    write: async (line) => {
      if (!stream.write(`${line}\n`)) await once(stream, 'drain');
    },
    end: async () => {
      stream.end();
      await finished(stream);
    },
  };
}

async function backUp(cli: Cli, directory: string): Promise<void> {
  const { dataDirectory, interrupted: signal } = cli;
  const target = resolve(cli.surroundings.directory, directory);
  const report = await onData((engines) => engines.backup({ dataDirectory, signal, target }, teller(cli)));
  if (cli.output.json) return cli.output.value(report);
  await cli.output.line(
    `${target}: everything up to ${report.head}, ${plural(report.files, 'file')}, ${bytes(report.bytes)}.`,
  );
}

async function restoreFrom(cli: Cli, backup: string, replace: boolean): Promise<void> {
  const { dataDirectory, interrupted: signal } = cli;
  const source = resolve(cli.surroundings.directory, backup);
  const report = await onData((engines) => engines.restore({ dataDirectory, signal, source, replace }, teller(cli)));
  if (cli.output.json) return cli.output.value(report);
  if (report.movedAside !== undefined) cli.output.note(`The former data is in ${report.movedAside}.`);
  await cli.output.line(`${dataDirectory} holds everything up to ${report.head}. Start it with \`npm start\`.`);
}
