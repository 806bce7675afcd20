import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { EXIT, isFailure, sentenceOf } from '../failure.js';
import { processSurroundings } from '../process-surroundings.js';
import { demoCommand, runDemo } from './demo.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Seen from `dist/demo`. */
const FILES = {
  application: here('../../demo/application'),
  pipeline: here('../../demo/pipeline.json'),
  platformMain: here('../../../../services/standalone/dist/main.js'),
};

async function main(): Promise<number> {
  const surroundings = processSurroundings();
  const command = demoCommand().exitOverride();
  try {
    command.parse(process.argv);
    return await runDemo(command.opts(), surroundings, FILES);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (surroundings.interrupted.aborted) return EXIT.interrupted;
    process.stderr.write(`\n✖ ${sentenceOf(error)}\n`);
    if (process.env['MILLRACE_DEBUG'] === '1' && Error.isError(error)) process.stderr.write(`${error.stack ?? ''}\n`);
    return isFailure(error) ? error.exitCode : EXIT.defect;
  }
}

process.exit(await main());
