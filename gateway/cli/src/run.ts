import { CommanderError } from 'commander';
import type { Cli } from './cli.js';
import { findingLine } from './definition/definition-file.js';
import { EXIT, isFailure, sentenceOf, type ExitCode, type Failure } from './failure.js';
import { buildProgram } from './program.js';
import { plainLines, shownJson } from './output/terminal-text.js';
import type { Surroundings } from './surroundings.js';

/**
 * Runs one command line.
 *
 * @param argv - without node and script.
 * @returns the exit code. Never throws.
 */
export async function run(argv: readonly string[], surroundings: Surroundings, version: string): Promise<ExitCode> {
  const { program, cli } = buildProgram(surroundings, version, argv.includes('--json'));
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    return endOf(error, cli);
  } finally {
    await cli.close().catch(() => undefined);
  }
}

function endOf(error: unknown, cli: Cli): ExitCode {
  const { surroundings } = cli;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (surroundings.interrupted.aborted) return EXIT.interrupted;
  if (isFailure(error)) {
    surroundings.stderr.write(cli.output.json ? `${failureJson(error)}\n` : failureText(error));
    if (surroundings.env['MILLRACE_DEBUG'] === '1') surroundings.stderr.write(plainLines(`${stackOf(error)}\n`));
    return error.exitCode;
  }
  surroundings.stderr.write(plainLines(defectText(error, surroundings.env['MILLRACE_DEBUG'] === '1')));
  return EXIT.defect;
}

function failureText(failure: Failure): string {
  const { findings = [], file, correlationId } = failure.details;
  const lines = [failure.message];
  for (const finding of findings) lines.push(`  ${findingLine(finding, file ?? 'definition')}`);
  if (correlationId !== undefined) lines.push(`(correlation id ${correlationId})`);
  // A refusal quotes what other people have named.
  return plainLines(`${lines.join('\n')}\n`);
}

function failureJson({ code, message, exitCode, details }: Failure): string {
  const { findings, correlationId } = details;
  return shownJson({
    error: {
      code,
      message,
      exitCode,
      ...(findings === undefined ? {} : { violations: findings }),
      ...(correlationId === undefined ? {} : { correlationId }),
    },
  });
}

function defectText(error: unknown, debug: boolean): string {
  if (debug) return `This is a defect of the command:\n${stackOf(error)}\n`;
  return `This is a defect of the command: ${sentenceOf(error)}\nPlease report it with what MILLRACE_DEBUG=1 prints in addition.\n`;
}

function stackOf(error: unknown): string {
  if (!Error.isError(error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
