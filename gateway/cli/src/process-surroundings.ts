import { EXIT } from './failure.js';
import type { Surroundings } from './surroundings.js';

/** One Ctrl-C may arrive more than once: from the terminal, from npx, from the shim that started us. */
const SAME_SIGNAL_MS = 500;

/** The process as it is. For entry points: takes over its signals and its streams' errors. */
export function processSurroundings(): Surroundings {
  const interrupted = new AbortController();
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

  return {
    env: process.env,
    directory: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    interrupted: interrupted.signal,
  };
}
