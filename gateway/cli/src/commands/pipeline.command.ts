import { dump } from 'js-yaml';
import type { Command } from 'commander';
import { examples, type Cli } from '../cli.js';
import { findingLines, located, readDefinition, type DefinitionFile } from '../definition/definition-file.js';
import { EXIT, Failure, isFailure, refused, type ExitCode } from '../failure.js';
import { nameValue, wholeNumber, type NameValue } from '../options.js';
import { paintStatus } from '../output/style.js';
import { plainText } from '../output/terminal-text.js';
import { localTime, plural, short } from '../output/values.js';
import { nodesOf } from '../platform/pages.js';
import {
  CREATE_PIPELINE,
  DELETE_PIPELINE,
  PIPELINES,
  PIPELINE_DEFINITION,
  PIPELINE_VERSION,
  UPDATE_PIPELINE,
  VALIDATE_PIPELINE,
  type PipelineRow,
  type PipelineSaved,
} from '../platform/pipelines.js';

const FILE = 'the definition: JSON or YAML; - reads standard input';
const LIMIT_MAX = 100_000;

export function addPipelineCommands(program: Command, cli: Cli): void {
  const pipeline = program.command('pipeline').description('create, change, read and delete pipelines');
  examples(pipeline, [
    ['millrace pipeline validate -f shop.yml', 'what is wrong with it, in which line'],
    ['millrace pipeline create -f shop.yml', 'version 1; its sources are watched from now on'],
    ['millrace pipeline get shop --yaml > shop.yml', 'what `update` takes'],
  ]);

  const create = pipeline
    .command('create')
    .description('create a pipeline from a definition')
    .requiredOption('-f, --file <path>', FILE)
    .option('--tag <key=value>', 'a label; may be repeated', nameValue)
    .action(cli.run((options: { file: string; tag?: readonly NameValue[] }) => createPipeline(cli, options)));
  examples(create, [
    ['millrace pipeline create -f shop.json', 'from a file'],
    ['aws codepipeline get-pipeline --name shop | millrace pipeline create -f -', 'what CodePipeline has'],
  ]);

  const update = pipeline
    .command('update')
    .description("replace a pipeline's definition: version + 1")
    .requiredOption('-f, --file <path>', FILE)
    .option('--expect-version <n>', 'refuse unless this is the version now', wholeNumber(1, 999_999_999))
    .action(cli.run((options: { file: string; expectVersion?: number }) => updatePipeline(cli, options)));
  examples(update, [['millrace pipeline update -f shop.yml --expect-version 4', 'nobody has changed it meanwhile']]);

  pipeline
    .command('validate')
    .description('check a definition without creating anything; all violations at once, with their lines')
    .requiredOption('-f, --file <path>', FILE)
    .action(cli.run((options: { file: string }) => validatePipeline(cli, options.file)));

  const get = pipeline
    .command('get')
    .description("print a pipeline's definition, as `create` and `update` take it")
    .argument('<pipeline>', "the pipeline's name")
    .option('--version-number <n>', 'an older version', wholeNumber(1, 999_999_999))
    .option('--yaml', 'as YAML')
    .action(
      cli.run((name: string, options: { versionNumber?: number; yaml?: boolean }) => getPipeline(cli, name, options)),
    );
  examples(get, [['millrace pipeline get shop --version-number 3', 'as it was']]);

  pipeline
    .command('list')
    .description('list pipelines with their latest execution')
    .option('--search <text>', 'only names that contain this')
    .option('--deleted', 'the deleted ones instead')
    .option('--limit <n>', 'how many at most', wholeNumber(1, LIMIT_MAX), 1_000)
    .action(cli.run((options: ListOptions) => listPipelines(cli, options)));

  pipeline
    .command('delete')
    .description('delete a pipeline: what runs is cancelled, its history stays')
    .argument('<pipeline>', "the pipeline's name")
    .action(cli.run((name: string) => deletePipeline(cli, name)));
}

interface ListOptions {
  readonly search?: string;
  readonly deleted?: boolean;
  readonly limit: number;
}

async function createPipeline(cli: Cli, options: { file: string; tag?: readonly NameValue[] }): Promise<void> {
  const file = await definitionOf(cli, options.file);
  const tags = options.tag?.map(({ name, value }) => ({ key: name, value }));
  const platform = await cli.platform();
  const saved = await withLines(file, () =>
    platform.change(CREATE_PIPELINE, { text: file.text, ...(tags === undefined ? {} : { tags }) }),
  );
  await tellSaved(cli, saved, 'Created');
  cli.output.note(`Watch it: millrace watch ${saved.name}`);
}

async function updatePipeline(cli: Cli, options: { file: string; expectVersion?: number }): Promise<void> {
  const file = await definitionOf(cli, options.file);
  const { expectVersion } = options;
  const platform = await cli.platform();
  const saved = await withLines(file, () =>
    platform.change(UPDATE_PIPELINE, {
      text: file.text,
      ...(expectVersion === undefined ? {} : { expectedVersion: expectVersion }),
    }),
  );
  await tellSaved(cli, saved, 'Updated');
}

async function tellSaved(cli: Cli, saved: PipelineSaved, done: string): Promise<void> {
  if (cli.output.json) return cli.output.value(saved);
  const version = saved.version === null ? '' : `, version ${saved.version}`;
  await cli.output.line(`${done} pipeline ${saved.name}${version}.`);
}

function definitionOf(cli: Cli, path: string): Promise<DefinitionFile> {
  return readDefinition(path, cli.surroundings.directory, cli.surroundings.stdin);
}

/** Violations come with the place in the definition: adds the line in the file. */
async function withLines<T>(file: DefinitionFile, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!isFailure(error) || error.details.findings === undefined) throw error;
    const findings = located(error.details.findings, file);
    throw new Failure(error.exitCode, error.code, error.message, { ...error.details, findings, file: file.path });
  }
}

async function validatePipeline(cli: Cli, path: string): Promise<ExitCode> {
  const file = await definitionOf(cli, path);
  const platform = await cli.platform();
  const { validatePipeline: answer } = await platform.query(VALIDATE_PIPELINE, { text: file.text });
  const { output } = cli;
  if (output.json) {
    await output.value({
      valid: answer.valid,
      violations: located(answer.violations, file),
      notices: located(answer.notices, file),
    });
  } else {
    await output.lines(findingLines(answer.violations, file));
    for (const line of findingLines(answer.notices, file)) output.note(line);
    await output.line(
      answer.valid ? `${path} is valid.` : `${path} has ${plural(answer.violations.length, 'violation')}.`,
    );
  }
  return answer.valid ? EXIT.ok : EXIT.refused;
}

async function getPipeline(cli: Cli, name: string, options: { versionNumber?: number; yaml?: boolean }): Promise<void> {
  const definition = await definitionNow(cli, name, options.versionNumber);
  const declared = { pipeline: definition };
  if (options.yaml === true) return cli.output.write(dump(declared, { lineWidth: 120, noRefs: true }));
  await cli.output.value(declared);
}

async function definitionNow(cli: Cli, name: string, version: number | undefined): Promise<unknown> {
  const platform = await cli.platform();
  if (version === undefined) {
    const { pipeline } = await platform.query(PIPELINE_DEFINITION, { name });
    if (pipeline === null) throw noPipeline(name);
    return pipeline.definition;
  }
  const { pipeline } = await platform.query(PIPELINE_VERSION, { name, version });
  if (pipeline === null) throw noPipeline(name);
  if (pipeline.atVersion === null)
    throw refused('PIPELINE_VERSION_NOT_FOUND', `Pipeline "${name}" has no version ${version}.`);
  return pipeline.atVersion.definition;
}

function noPipeline(name: string): Failure {
  return refused('PIPELINE_NOT_FOUND', `There is no pipeline "${name}". See \`millrace pipeline list\`.`);
}

async function listPipelines(cli: Cli, { search, deleted, limit }: ListOptions): Promise<void> {
  const platform = await cli.platform();
  const rows: PipelineRow[] = [];
  const pages = nodesOf(async (first, after) => {
    const { pipelines } = await platform.query(PIPELINES, { first, after, search, deleted: deleted === true });
    return pipelines;
  }, limit);
  for await (const row of pages) rows.push(row);
  if (cli.output.json) return cli.output.value(rows);
  if (rows.length === 0) return cli.output.note(`No pipelines. Create one: millrace pipeline create -f <file>`);
  const { style } = cli.output;
  await cli.output.table([
    ['PIPELINE', 'VERSION', 'LATEST', 'STATUS', 'STARTED', 'EXECUTION'].map(style.dim),
    ...rows.map(({ name, version, latestExecution }) => [
      style.bold(plainText(name)),
      String(version),
      ...(latestExecution === null
        ? ['-', '-', '-', '-']
        : [
            `#${latestExecution.ordinal}`,
            paintStatus(style, latestExecution.status),
            localTime(latestExecution.startedAt),
            short(latestExecution.id),
          ]),
    ]),
  ]);
}

async function deletePipeline(cli: Cli, name: string): Promise<void> {
  const platform = await cli.platform();
  const deleted = await platform.change(DELETE_PIPELINE, { name });
  if (cli.output.json) return cli.output.value(deleted);
  await cli.output.line(
    deleted.position === null
      ? `There was no pipeline ${name}; nothing has changed.`
      : `Deleted pipeline ${name}. Its history stays.`,
  );
}
