import { SAME_SIGNAL_MS } from '@millrace/runtime';
import { runnerConfig } from './config.js';
import { jsonLinesLogger } from './logger.js';
import { startRunner } from './runner.js';
import type { RunnerEnd } from './runner.js';

const EXIT_CODES: Readonly<Record<RunnerEnd, number>> = { stopped: 0, offline: 3, refused: 4 };

/** The process from its start to its end. Exit codes: 0 stopped, 2 not started, 3 no platform for too long, 4 refused. */
export async function run(env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await start(env);
  } catch (error) {
    process.stderr.write(`${Error.isError(error) ? error.message : String(error)}\n`);
    process.exit(2);
  }
}

async function start(env: NodeJS.ProcessEnv): Promise<void> {
  const { umask, ...config } = runnerConfig(env);
  if (umask !== undefined) process.umask(umask);
  const runner = await startRunner({
    ...config,
    environment: { ...env },
    logger: jsonLinesLogger(process.stdout),
  });
  let askedAtMs: number | undefined;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // The second time somebody means it: the kernel ends the children.
      if (askedAtMs !== undefined && performance.now() - askedAtMs >= SAME_SIGNAL_MS) process.exit(130);
      askedAtMs ??= performance.now();
      void runner.stop();
    });
  }
  process.exit(EXIT_CODES[await runner.ended]);
}
