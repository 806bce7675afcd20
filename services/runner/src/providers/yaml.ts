import { readFile, stat } from 'node:fs/promises';
import { load } from 'js-yaml';
import { cut } from '../jobs/finished-job.js';
import { ActionFailed } from './provider.js';

/** A specification that people write by hand is shorter. */
const YAML_BYTES_MAX = 262_144;
const DEPTH_MAX = 20;

/** Reads a small YAML file of a user's. @throws ActionFailed `ConfigurationError` when it is absent, too large, too deep or no YAML */
export async function readYaml(path: string, name: string): Promise<unknown> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile() !== true)
    throw new ActionFailed('ConfigurationError', `There is no file ${name} in the input artifact.`);
  if (stats.size > YAML_BYTES_MAX)
    throw new ActionFailed('ConfigurationError', `${name} is longer than ${YAML_BYTES_MAX} bytes.`);
  return parseYaml(await readFile(path, 'utf8'), name);
}

export function parseYaml(text: string, name: string): unknown {
  if (Buffer.byteLength(text) > YAML_BYTES_MAX)
    throw new ActionFailed('ConfigurationError', `${name} is longer than ${YAML_BYTES_MAX} bytes.`);
  try {
    return load(text, { maxAliases: 0, maxDepth: DEPTH_MAX });
  } catch (error) {
    const message = Error.isError(error) ? error.message : String(error);
    throw new ActionFailed('ConfigurationError', `${name} is not usable YAML: ${cut(message, 1_000)}`);
  }
}
