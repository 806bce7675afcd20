import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { usage, sentenceOf, systemCodeOf, type Finding } from '../failure.js';
import { SourceMap } from './source-map.js';

/** The platform takes definitions of 512 KiB; comments and blanks may make the file longer. */
const FILE_BYTES_MAX = 4 * 512 * 1024;

export interface DefinitionFile {
  /** As it was given. */
  readonly path: string;
  readonly text: string;
}

/**
 * @param path - `-` reads standard input.
 * @throws Failure
 */
export async function readDefinition(path: string, directory: string, stdin: Readable): Promise<DefinitionFile> {
  const bytes = path === '-' ? await readAll(stdin) : await readBounded(path, directory);
  if (bytes.byteLength > FILE_BYTES_MAX) throw tooLarge(path, bytes.byteLength);
  try {
    return { path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    throw usage(`${path} is not UTF-8 text.`);
  }
}

async function readBounded(path: string, directory: string): Promise<Uint8Array> {
  const absolute = resolve(directory, path);
  try {
    const { size } = await stat(absolute);
    if (size > FILE_BYTES_MAX) throw tooLarge(path, size);
    return await readFile(absolute);
  } catch (error) {
    switch (systemCodeOf(error)) {
      case 'ENOENT':
        throw usage(`There is no file ${path}.`);
      case 'EISDIR':
        throw usage(`${path} is a directory. Name the file that holds the pipeline.`);
      case undefined:
        throw error;
      default:
        throw usage(`${path} can't be read: ${sentenceOf(error)}.`);
    }
  }
}

async function readAll(stdin: Readable): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of stdin) {
    const chunk = typeof part === 'string' ? Buffer.from(part) : (part as Uint8Array);
    bytes += chunk.byteLength;
    if (bytes > FILE_BYTES_MAX) throw tooLarge('standard input', bytes);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

function tooLarge(path: string, bytes: number): Error {
  return usage(`${path} has ${bytes} bytes; a definition may have ${FILE_BYTES_MAX}.`);
}

/** Says in which line of the file each finding is. */
export function located(findings: readonly Finding[], file: DefinitionFile): readonly Finding[] {
  const map = SourceMap.of(file.text);
  return findings.map((finding) => {
    const line = map.lineOf(finding.path);
    return line === undefined ? finding : { ...finding, line };
  });
}

/** `pipeline.yml:12: stages[0].name: …`, as compilers have it, so that editors find the place. */
export function findingLines(findings: readonly Finding[], file: DefinitionFile): readonly string[] {
  return located(findings, file).map((finding) => findingLine(finding, file.path));
}

export function findingLine({ path, message, line }: Finding, file: string): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
}
