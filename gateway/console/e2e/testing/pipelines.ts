import { join } from 'node:path';
import {
  approval,
  commands,
  deploy,
  GitRepository,
  pipeline,
  source,
  stage,
  until,
  type Json,
} from '@millrace/standalone/testing';
import type { ConsoleWorld } from './console-world.js';

/** Texts that would do something where a text is taken for more than a text. */
export const PLANTED = '<img src=x onerror=alert(1)><script>alert(2)</script>';

export function repository(
  world: ConsoleWorld,
  name: string,
  files: Readonly<Record<string, string>> = { 'index.html': 'one' },
): Promise<GitRepository> {
  return GitRepository.create(join(world.platform.directory, name), files);
}

/** A repository, with how its source looks at it. */
interface Watched {
  readonly directory: string;
  readonly configuration?: Json;
}

/** One whose source looks for changes by itself, each second. */
export function polled({ directory }: GitRepository): Watched {
  return { directory, configuration: { PollForSourceChanges: 'true', PollIntervalSeconds: '1' } };
}

export function definition(world: ConsoleWorld, of: Watched, name: string, ...stages: readonly Json[]): Json {
  return pipeline(
    name,
    stage('Source', source(of, of.configuration)),
    ...stages,
    stage('Deploy', deploy(join(world.platform.directory, 'www', name))),
  );
}

export const test = (...lines: readonly string[]): Json => stage('Test', commands('Unit', lines));
export const gate = (configuration: Json = {}): Json => stage('Approve', approval('Release', configuration));

/** A file that commands wait for, so that a test decides when they end. */
export function waitingFor(path: string): string {
  return `while ! test -e ${path}; do sleep 0.05; done`;
}

export interface Latest {
  readonly id: string;
  readonly ordinal: number;
  readonly status: string;
}

export async function latest(world: ConsoleWorld, name: string): Promise<Latest | undefined> {
  const { executions } = await world.api.query<{ readonly executions: { readonly nodes: readonly Latest[] } }>(
    'query ($name: String!) { executions(pipeline: $name, first: 1) { nodes { id ordinal status } } }',
    { name },
  );
  return executions.nodes[0];
}

/** Waits until the pipeline's latest execution is the one of that place, and has the status. */
export async function reached(world: ConsoleWorld, name: string, ordinal: number, status: string): Promise<Latest> {
  let seen: Latest | undefined;
  try {
    return await until(`${name} #${ordinal} ${status}`, async () => {
      seen = await latest(world, name);
      return seen?.ordinal === ordinal && seen.status === status && seen;
    });
  } catch (error) {
    throw new Error(`${name} is ${JSON.stringify(seen)} instead of #${ordinal} ${status}.`, { cause: error });
  }
}
