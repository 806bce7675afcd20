import type { Command } from 'commander';
import { connectionOf, dataDirectoryOf, type GlobalOptions } from './connection.js';
import { EXIT, usage, type ExitCode } from './failure.js';
import { Output } from './output/output.js';
import { Platform } from './platform/platform.js';
import type { Surroundings } from './surroundings.js';

/** One invocation: what its commands work with. */
export class Cli {
  #platform: Platform | undefined;
  #exitCode: ExitCode = EXIT.ok;

  constructor(
    readonly surroundings: Surroundings,
    private readonly globals: () => GlobalOptions,
  ) {}

  get output(): Output {
    this.#output ??= new Output(this.surroundings, this.globals().json === true);
    return this.#output;
  }
  #output: Output | undefined;

  get exitCode(): ExitCode {
    return this.#exitCode;
  }

  /** Absolute. */
  get dataDirectory(): string {
    return dataDirectoryOf(this.globals(), this.surroundings);
  }

  get interrupted(): AbortSignal {
    return this.surroundings.interrupted;
  }

  async platform(): Promise<Platform> {
    if (this.#platform !== undefined) return this.#platform;
    const { project } = this.globals();
    if (project !== undefined && project !== 'default')
      throw usage(`There is no project "${project}": this release has one, "default".`);
    const connection = await connectionOf(this.globals(), this.surroundings);
    this.#platform = new Platform({
      ...connection,
      signal: this.interrupted,
      onConnection: (state) =>
        this.output.note(
          state === 'lost'
            ? `The connection to ${connection.url} is lost. Trying again …`
            : 'Connected again; nothing was missed.',
        ),
    });
    return this.#platform;
  }

  /** Where a runner or a script connects: the options as they were given. */
  connectionOptions(): GlobalOptions {
    return this.globals();
  }

  /** An action for commander: its number is the exit code. */
  run<Args extends readonly unknown[]>(
    action: (...args: Args) => Promise<ExitCode | void>,
  ): (...args: Args) => Promise<void> {
    return async (...args) => {
      this.#exitCode = (await action(...args)) ?? EXIT.ok;
    };
  }

  async close(): Promise<void> {
    await this.#platform?.close();
  }
}

/** Adds examples below a command's help. */
export function examples(command: Command, lines: readonly (readonly [command: string, what: string])[]): Command {
  const width = Math.max(...lines.map(([text]) => text.length));
  const shown = lines.map(([text, what]) => `  $ ${text.padEnd(width)}  # ${what}`);
  return command.addHelpText('after', `\nExamples:\n${shown.join('\n')}`);
}
