import { createFaults, createLifecycle, createLogger, systemTimers } from '@millrace/runtime';
import { BuiltInRunner } from './built-in-runner.js';
import { standaloneConfig } from './config.js';
import { startPlatform } from './platform.js';
import { startFailure } from './start-failure.js';

/** Events, output and artifacts are for this user alone, also where the data directory was made with the usual mode. */
const PRIVATE_UMASK = 0o077;

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Behind the command's name. */
  readonly flags: readonly string[];
  readonly workingDirectory: string;
}

/** The process from its start to its end. Exit codes: 0 stopped, 1 failed, 2 the configuration is not usable. */
export async function run(options: RunOptions): Promise<void> {
  try {
    await start(options);
  } catch (error) {
    process.stderr.write(`${startFailure(error)}\n`);
    process.exit(Error.isError(error) && (error.name === 'RangeError' || error.name === 'ConfigurationError') ? 2 : 1);
  }
}

async function start({ env, flags, workingDirectory }: RunOptions): Promise<void> {
  const config = standaloneConfig(env, flags, workingDirectory);
  const umask = process.umask(PRIVATE_UMASK);
  const logger = createLogger({ level: config.logLevel, name: 'platform' });
  const faults = createFaults({
    crashAt: env['MILLRACE_CRASH_AT'],
    allowFaults: env['MILLRACE_ALLOW_FAULTS'] === '1',
    isProduction: env['NODE_ENV'] === 'production',
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
        environment: runnerEnvironment(env),
        umask,
        timers: systemTimers,
        logger,
        ...slots(config),
      }),
    ]);
  greet(url, signInLink, config.dataDirectory);
}

/** The runner's own settings are made from ours, and the faults are for this process. */
function runnerEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith('MILLRACE_') || name === 'MILLRACE_RUNNER_LABELS'),
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
