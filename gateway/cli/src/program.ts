import { Command, Option } from 'commander';
import { Cli, examples } from './cli.js';
import { addApprovalCommands } from './commands/approval.command.js';
import { addArtifactCommands } from './commands/artifact.command.js';
import { addEventCommand } from './commands/event.command.js';
import { addExecutionCommands } from './commands/execution.command.js';
import { addLogCommand } from './commands/log.command.js';
import { addMaintenanceCommands } from './commands/maintenance.command.js';
import { addPipelineCommands } from './commands/pipeline.command.js';
import { addPlatformCommands } from './commands/platform.command.js';
import { addRunnerCommands } from './commands/runner.command.js';
import { addTokenCommands } from './commands/token.command.js';
import { addTransitionCommands } from './commands/transition.command.js';
import { addWatchCommand } from './commands/watch.command.js';
import type { GlobalOptions } from './connection.js';
import { EXIT } from './failure.js';
import type { Surroundings } from './surroundings.js';

const EXIT_CODES = `
Exit codes: 0 done; 1 the thing failed (an execution, a verification); 2 wrong usage; 3 refused, or no such thing;
4 the platform can't be reached or can't work now, try again; 5 not allowed; 70 a defect of this command; 130 interrupted.

Where the platform is: --url, else MILLRACE_URL, else http://127.0.0.1:4000. Who asks: --token, else MILLRACE_TOKEN, else, for
a platform on this machine, the admin-token of its data directory (--data, else MILLRACE_DATA, else ./.millrace).`;

type Addition = (program: Command, cli: Cli) => void;

const SECTIONS: readonly (readonly [heading: string, additions: readonly Addition[]])[] = [
  ['Releases:', [addPipelineCommands, addExecutionCommands, addWatchCommand, addLogCommand]],
  ['Decisions:', [addApprovalCommands, addTransitionCommands]],
  ['What there is:', [addArtifactCommands, addEventCommand]],
  ['The installation:', [addPlatformCommands, addRunnerCommands, addTokenCommands, addMaintenanceCommands]],
];

/** The command line, whole. */
export function buildProgram(
  surroundings: Surroundings,
  version: string,
  json: boolean,
): { program: Command; cli: Cli } {
  const program = new Command('millrace')
    .description('Millrace: continuous delivery on an event log')
    .version(version)
    .option('--url <address>', 'the platform')
    .option('--token <text>', 'who asks')
    .option('--data <directory>', "the platform's data directory, on its machine")
    .addOption(new Option('--project <name>', 'the project').default('default', '"default"'))
    .option('--json', 'results as JSON; streams as a JSON text a line')
    .showHelpAfterError(json ? false : '(add --help for what there is)')
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: true, helpWidth: 110 });
  const cli = new Cli(surroundings, () => program.opts<GlobalOptions>());

  for (const [heading, additions] of SECTIONS) {
    program.commandsGroup(heading);
    for (const add of additions) add(program, cli);
  }

  examples(program, [
    ['millrace pipeline create -f shop.yml', 'a pipeline from a file'],
    ['millrace watch shop', 'its executions, live'],
    ['millrace approve shop', 'let it go on'],
    ['millrace history shop', 'what was released, and when'],
  ]).addHelpText('after', EXIT_CODES);
  configure(program, surroundings, json);
  return { program, cli };
}

/** Commander would end the process by itself, and write to its streams. */
function configure(command: Command, surroundings: Surroundings, json: boolean): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) => write(json ? `${usageJson(text)}\n` : text),
    writeOut: (text) => void surroundings.stdout.write(text),
    writeErr: (text) => void surroundings.stderr.write(text),
  });
  for (const sub of command.commands) {
    sub.copyInheritedSettings(command);
    configure(sub, surroundings, json);
  }
}

function usageJson(text: string): string {
  const message = text.trim().replace(/^error: /, '');
  return JSON.stringify({ error: { code: 'USAGE', message, exitCode: EXIT.usage } });
}
