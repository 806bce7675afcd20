import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline as streamThrough } from 'node:stream/promises';
import type { Command } from 'commander';
import { examples, type Cli } from '../cli.js';
import { EXIT, Failure, refused, sentenceOf, systemCodeOf, usage } from '../failure.js';
import { plainText } from '../output/terminal-text.js';
import { bytes, localTime } from '../output/values.js';
import { ARTIFACT, ARTIFACTS, type ArtifactRow } from '../platform/artifacts.js';
import { nodesOf } from '../platform/pages.js';
import { EXECUTION_REFERENCE, executionIdOf } from './references.js';

const ARTIFACTS_MAX = 10_000;

export function addArtifactCommands(program: Command, cli: Cli): void {
  const artifact = program.command('artifact').description('the files that executions have made');
  examples(artifact, [
    ['millrace artifact list shop#7', 'what the seventh execution of shop has stored'],
    ['millrace artifact get shop#7 BuildOutput', 'to BuildOutput.zip'],
  ]);

  artifact
    .command('list')
    .description('list what an execution has stored')
    .argument('<execution>', EXECUTION_REFERENCE)
    .action(
      cli.run(async (reference: string) => {
        const rows = await artifactsOf(cli, reference);
        if (cli.output.json) return cli.output.value(rows);
        if (rows.length === 0) return cli.output.note('This execution has stored nothing.');
        await cli.output.table([
          ['NAME', 'MADE BY', 'SIZE', 'STORED', 'SHA-256', 'ID'].map(cli.output.style.dim),
          ...rows.map((row) => [
            cli.output.style.bold(plainText(row.name)),
            plainText(`${row.stage}/${row.action}`),
            row.expiredAt === null ? bytes(row.bytes) : 'removed',
            localTime(row.storedAt),
            row.sha256.slice(0, 12),
            row.id,
          ]),
        ]);
      }),
    );

  const get = artifact
    .command('get')
    .description('download an artifact: a ZIP, checked against its digest')
    .argument('<artifact|execution>', "an artifact's id, or, with a name behind it, an execution")
    .argument('[name]', "the artifact's name in the pipeline")
    .option('-o, --output <file>', 'where to; - writes to standard output; default: <name>.zip')
    .action(
      cli.run((reference: string, name: string | undefined, { output }: { output?: string }) =>
        getArtifact(cli, reference, name, output),
      ),
    );
  examples(get, [['millrace artifact get shop BuildOutput -o - | bsdtar -tf -', 'what is in the latest']]);
}

async function artifactsOf(cli: Cli, reference: string): Promise<readonly ArtifactRow[]> {
  const platform = await cli.platform();
  const executionId = await executionIdOf(platform, reference);
  const rows: ArtifactRow[] = [];
  const pages = nodesOf(
    async (first, after) => (await platform.query(ARTIFACTS, { executionId, first, after })).artifacts,
    ARTIFACTS_MAX,
  );
  for await (const row of pages) rows.push(row);
  return rows;
}

async function getArtifact(
  cli: Cli,
  reference: string,
  name: string | undefined,
  output: string | undefined,
): Promise<void> {
  const artifact = name === undefined ? await artifactOf(cli, reference) : await named(cli, reference, name);
  if (artifact.downloadPath === null)
    throw refused(
      'ARTIFACT_EXPIRED',
      `${artifact.name} was removed: ${artifact.expiredReason ?? 'its time was over'}.`,
    );
  const response = await (await cli.platform()).download(artifact.downloadPath);
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
  if (output === '-') return toStdout(cli, artifact, body);
  const path = resolve(cli.surroundings.directory, output ?? `${basename(artifact.name)}.zip`);
  await toFile(artifact, body, path);
  if (cli.output.json) return cli.output.value({ ...artifact, file: path });
  await cli.output.line(`${path}: ${bytes(artifact.bytes)}, sha256 ${artifact.sha256}`);
}

async function artifactOf(cli: Cli, id: string): Promise<ArtifactRow> {
  const { artifact } = await (await cli.platform()).query(ARTIFACT, { id });
  if (artifact === null)
    throw refused('ARTIFACT_NOT_FOUND', `There is no artifact ${id}. See \`millrace artifact list <execution>\`.`);
  return artifact;
}

async function named(cli: Cli, reference: string, name: string): Promise<ArtifactRow> {
  const rows = await artifactsOf(cli, reference);
  // A retry stores it again: the latest is what later actions took.
  const found = rows.findLast((row) => row.name === name);
  if (found !== undefined) return found;
  const names = [...new Set(rows.map((row) => row.name))];
  throw refused(
    'ARTIFACT_NOT_FOUND',
    `This execution has no artifact "${name}". It has: ${names.join(', ') || 'none'}.`,
  );
}

/** Hashes what passes. */
async function* hashed(
  source: AsyncIterable<unknown>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) {
    hash.update(chunk as Uint8Array);
    yield chunk as Uint8Array;
  }
}

function check(artifact: ArtifactRow, digest: string): void {
  if (digest === artifact.sha256) return;
  throw new Failure(
    EXIT.failed,
    'DIGEST_MISMATCH',
    `What arrived is not ${artifact.name}: its SHA-256 is ${digest}, not ${artifact.sha256}. Run \`millrace verify\` on the platform.`,
  );
}

async function toStdout(cli: Cli, artifact: ArtifactRow, body: Readable): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of hashed(body, hash)) await cli.output.write(chunk);
  check(artifact, hash.digest('hex'));
}

/** Written beside and renamed, so that a half-written file has never the name that was asked for. */
async function toFile(artifact: ArtifactRow, body: Readable, path: string): Promise<void> {
  const partial = `${path}.${process.pid}.part`;
  const hash = createHash('sha256');
  try {
    await streamThrough(hashed(body, hash), createWriteStream(partial, { flags: 'wx' }));
    check(artifact, hash.digest('hex'));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    if (['ENOENT', 'EACCES', 'EISDIR', 'ENOSPC', 'EROFS'].includes(systemCodeOf(error) ?? ''))
      throw usage(`${path} can't be written: ${sentenceOf(error)}.`);
    throw error;
  }
}
