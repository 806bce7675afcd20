import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAndStart } from './executions.js';
import { GitRepository } from './git-repository.js';
import { linesOf } from './marker.js';
import { commands, pipeline, source, stage } from './pipeline.js';
import type { PlatformProcess } from './platform-process.js';
import { until } from './wait.js';

/** A build that runs until the test lets it end, and leaves a line when it begins and when it ends. */
export interface RunningBuild {
  /** The pipeline's. */
  readonly name: string;
  /** The execution's. */
  readonly id: string;
  /** A line for each time that it has begun. */
  readonly begun: string;
  /** A line for each time that it has ended by itself. */
  readonly ended: string;
  /** Lets it end; whoever runs it later ends at once. */
  release(): Promise<void>;
}

/** Creates a pipeline of that name and waits until its build runs. */
export async function runningBuild({ api, directory }: PlatformProcess, name: string): Promise<RunningBuild> {
  const file = (what: string): string => join(directory, `${name}-${what}`);
  const repository = await GitRepository.create(join(directory, name), { 'app.txt': 'one' });
  const lines = [
    `echo begun >> ${file('begun')}`,
    `while ! test -e ${file('gate')}; do sleep 0.1; done`,
    `echo ended >> ${file('ended')}`,
  ];
  const id = await createAndStart(
    api,
    pipeline(name, stage('Source', source(repository)), stage('Build', commands('Build', lines))),
  );
  await until('a running build', async () => (await linesOf(file('begun'))).length === 1);
  return { name, id, begun: file('begun'), ended: file('ended'), release: () => writeFile(file('gate'), '') };
}
