import { processSurroundings } from './process-surroundings.js';
import { run } from './run.js';
import { packageVersion } from './version.js';

const exitCode = await run(process.argv.slice(2), processSurroundings(), packageVersion());

// What is still written must arrive; what still waits (a pipe that nobody reads on, a socket) must not keep us.
process.exitCode = exitCode;
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
