import { EXIT } from './failure.js';
import { run } from './run.js';
import { packageVersion } from './version.js';

const interrupted = new AbortController();
/** One Ctrl-C may arrive more than once: from the terminal, from npx, from the shim that started us. */
const SAME_SIGNAL_MS = 500;
let signalledAtMs: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    // The second time somebody means it.
    if (signalledAtMs !== undefined && performance.now() - signalledAtMs > SAME_SIGNAL_MS)
      process.exit(EXIT.interrupted);
    signalledAtMs ??= performance.now();
    interrupted.abort(new Error('Interrupted.'));
  });

// Who reads our output may leave (`millrace history --all | head`): that is no accident.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.defect);
  });

const exitCode = await run(
  process.argv.slice(2),
  {
    env: process.env,
    directory: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    interrupted: interrupted.signal,
  },
  packageVersion(),
);

// What is still written must arrive; what still waits (a pipe that nobody reads on, a socket) must not keep us.
process.exitCode = exitCode;
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
