import { createFaults, createLifecycle, createLogger, systemTimers } from '@millrace/runtime';
import { BuiltInRunner } from './built-in-runner.js';
import { standaloneConfig } from './config.js';
import { startPlatform } from './platform.js';
import { startFailure } from './start-failure.js';

const NODE_MAJOR_MIN = 24;

/** Exit codes: 0 stopped, 1 failed, 2 the configuration is not usable. */
async function main(): Promise<void> {
  const config = standaloneConfig(process.env, process.argv.slice(2), process.cwd());
  const logger = createLogger({ level: config.logLevel, name: 'platform' });
  const faults = createFaults({
    crashAt: process.env['MILLRACE_CRASH_AT'],
    allowFaults: process.env['MILLRACE_ALLOW_FAULTS'] === '1',
    isProduction: process.env['NODE_ENV'] === 'production',
  });
  const lifecycle = createLifecycle({ logger });
  lifecycle.listen();
  const onFatal = (error: Error): void => {
    logger.error({ error }, 'The log can not be trusted with another write; the process ends');
    process.exit(1);
  };
  const { url, signInLink } = await startPlatform({ config, logger, lifecycle, faults, onFatal });
  if (config.builtInRunner)
    await lifecycle.start([
      new BuiltInRunner({
        ...config,
        url,
        environment: runnerEnvironment(),
        timers: systemTimers,
        logger,
        ...slots(config),
      }),
    ]);
  greet(url, signInLink, config.dataDirectory);
}

/** The runner's own settings are made from ours, and the faults are for this process. */
function runnerEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_') || name === 'MILLRACE_RUNNER_LABELS'),
  );
}

const slots = ({ runnerSlots }: { readonly runnerSlots?: number }): { slots?: number } =>
  runnerSlots === undefined ? {} : { slots: runnerSlots };

const USUAL_URL = 'http://127.0.0.1:4000';

function greet(url: string, signInLink: string | undefined, dataDirectory: string): void {
  const to = url === USUAL_URL ? '' : `--url ${url} `;
  process.stdout.write(`Millrace listens on ${url}
  console    ${
    signInLink === undefined
      ? url
      : `${signInLink}
             opens it signed in, once within 10 minutes`
  }
  data       ${dataDirectory}
  GraphQL    ${url}/graphql
  next       npx millrace ${to}pipeline create -f docs/examples/minimal.json
             npx millrace ${to}watch <pipeline>
  stop       Ctrl-C; what runs is handed back or ended in an orderly way
`);
}

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `Millrace needs Node ${NODE_MAJOR_MIN} or newer and was started with ${process.version}. Start it with "npm start", which brings its own.\n`,
  );
  process.exit(2);
}

main().catch((error: unknown) => {
  process.stderr.write(`${startFailure(error)}\n`);
  process.exit(Error.isError(error) && (error.name === 'RangeError' || error.name === 'ConfigurationError') ? 2 : 1);
});
