import { SAME_SIGNAL_MS } from '@millrace/runtime';
import { runnerConfig } from './config.js';
import { jsonLinesLogger } from './logger.js';
import { startRunner } from './runner.js';
import type { RunnerEnd } from './runner.js';

const EXIT_CODES: Readonly<Record<RunnerEnd, number>> = { stopped: 0, offline: 3, refused: 4 };

async function main(): Promise<void> {
  const { umask, ...config } = runnerConfig(process.env);
  if (umask !== undefined) process.umask(umask);
  const runner = await startRunner({
    ...config,
    environment: { ...process.env },
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

main().catch((error: unknown) => {
  process.stderr.write(`${Error.isError(error) ? error.message : String(error)}\n`);
  process.exit(2);
});
