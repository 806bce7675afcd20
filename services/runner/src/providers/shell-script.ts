import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ActionFailed } from './provider.js';
import type { ActionContext } from './provider.js';

/** One thing that a script does. */
export interface Step {
  /** Any text: it is quoted, and evaluated on its own, so that it can't run into what follows. */
  readonly command: string;
  /** The step to go on with; absent: the end. */
  readonly next?: number;
  /** The step to go on with when the command fails; absent: the end. */
  readonly onFailure?: number;
  /** The failure makes no failure of the whole. */
  readonly tolerated?: boolean;
  /** Printed before, as a remark. */
  readonly heading?: string;
}

export interface Script {
  readonly steps: readonly Step[];
  /** For the user's commands only; the runner's helpers never see them. */
  readonly variables: Readonly<Record<string, string>>;
  /** Names whose values are wanted at the end. */
  readonly exported: readonly string[];
  readonly shell: Shell;
  readonly cwd: string;
  /** `CODEBUILD_BUILD_SUCCEEDING` is kept for the commands. */
  readonly announcesSuccess?: boolean;
}

export type Shell = 'bash' | 'sh';

export interface ScriptEnd {
  readonly succeeded: boolean;
  /** Steps that failed, in their order; empty when the shell itself was ended. */
  readonly failures: readonly { readonly step: number; readonly exitCode: number }[];
  /** How the shell ended, for a sentence. */
  readonly ending: string;
  readonly exported: ReadonlyMap<string, string>;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** The shell's own: it refuses to have them set. */
const READ_ONLY = ['BASHOPTS', 'BASH_VERSINFO', 'EUID', 'PPID', 'SHELLOPTS', 'UID'];
/** Values of exported variables together; the protocol allows less, and says so. */
const EXPORTED_BYTES_MAX = 1_048_576;

export function isVariableName(name: string): boolean {
  return NAME.test(name) && !READ_ONLY.includes(name) && !name.startsWith('__millrace_');
}

/** Quotes any text for a POSIX shell's script. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Runs commands one after the other in one shell, so that a directory, a variable or a function of one is there for the next. Each is
 * shown before it runs. A command that leaves the shell (`exit`) counts as a command that ends with that status.
 */
export async function runScript(script: Script, context: ActionContext): Promise<ScriptEnd> {
  const paths = {
    script: join(context.directory, 'script.sh'),
    failures: join(context.directory, 'failures'),
    exported: join(context.directory, 'exported'),
  };
  checkVariables(script);
  await writeFile(paths.script, scriptText(script, paths), { mode: 0o600 });
  const end = await context.exec({ command: [script.shell, paths.script], cwd: script.cwd });
  const [failures, exported] = await Promise.all([
    end.exitCode === 0 ? [] : readFailures(paths.failures),
    script.exported.length === 0 ? new Map<string, string>() : readExported(paths.exported),
  ]);
  return {
    succeeded: end.exitCode === 0,
    failures,
    ending: end.signal === null ? `exit code ${end.exitCode}` : `signal ${end.signal}`,
    exported,
  };
}

function checkVariables({ variables, exported }: Script): void {
  const bad = [...Object.keys(variables), ...exported].find((name) => !isVariableName(name));
  if (bad !== undefined)
    throw new ActionFailed(
      'ConfigurationError',
      `${JSON.stringify(bad)} can't be the name of an environment variable.`,
    );
  const zero = Object.entries(variables).find(([, value]) => value.includes('\0'));
  if (zero !== undefined) throw new ActionFailed('ConfigurationError', `The value of ${zero[0]} contains a zero byte.`);
}

/**
 * A little machine: the current step is a number, every step names its successors. It lives in a function that is called again when a
 * command left the shell or the function: `exit` runs the trap, and the machine goes on behind the step that did it.
 */
function scriptText(script: Script, paths: { readonly failures: string; readonly exported: string }): string {
  const exports = Object.entries(script.variables).map(([name, value]) => `export ${name}=${quote(value)}`);
  const announce = script.announcesSuccess === true;
  return [
    'exec 2>&1',
    ...exports,
    ...(announce ? ['export CODEBUILD_BUILD_SUCCEEDING=1'] : []),
    '__millrace_step=0',
    '__millrace_result=0',
    '__millrace_running=',
    '__millrace_after() {',
    '  __millrace_running=',
    '  if [ "$1" -eq 0 ]; then __millrace_step=$__millrace_next; return 0; fi',
    `  printf '%s %s\\n' "$__millrace_step" "$1" >> ${quote(paths.failures)}`,
    '  if [ -z "$__millrace_tolerated" ]; then',
    '    __millrace_result=1',
    ...(announce ? ['    export CODEBUILD_BUILD_SUCCEEDING=0'] : []),
    '  fi',
    '  __millrace_step=$__millrace_on_failure',
    '}',
    '__millrace_go() {',
    '  while [ "$__millrace_step" -ge 0 ]; do',
    '    case $__millrace_step in',
    ...script.steps.flatMap(stepLines),
    '    esac',
    '    __millrace_after $?',
    '  done',
    '}',
    '__millrace_left() {',
    '  __millrace_status=$?',
    '  set +eu',
    '  trap - EXIT',
    '  if [ -n "$__millrace_running" ]; then __millrace_after "$__millrace_status"; fi',
    '  __millrace_all',
    '}',
    '__millrace_all() {',
    '  while [ "$__millrace_step" -ge 0 ]; do',
    '    __millrace_go',
    // A command with `return` left the function; its status is the command's.
    '    __millrace_status=$?',
    '    if [ -n "$__millrace_running" ]; then __millrace_after "$__millrace_status"; fi',
    '  done',
    `  : > ${quote(paths.exported)}`,
    ...script.exported.map(
      (name) => `  if [ "\${${name}+x}" = x ]; then printf '%s\\0' "${name}=$${name}" >> ${quote(paths.exported)}; fi`,
    ),
    '  trap - EXIT',
    '  exit $__millrace_result',
    '}',
    'trap __millrace_left EXIT',
    '__millrace_all',
    '',
  ].join('\n');
}

function stepLines(step: Step, index: number): string[] {
  const heading = step.heading === undefined ? [] : [`      printf '%s\\n' ${quote(`[millrace] ${step.heading}`)}`];
  const shown = step.command
    .trimEnd()
    .split('\n')
    .map((line, at) => `[millrace] ${at === 0 ? '$' : '>'} ${line}`);
  return [
    `    ${index})`,
    ...heading,
    `      __millrace_next=${step.next ?? -1} __millrace_on_failure=${step.onFailure ?? -1} __millrace_tolerated=${step.tolerated === true ? 1 : ''}`,
    ...(step.command === '' ? [] : [`      printf '%s\\n' ${quote(shown.join('\n'))}`]),
    '      __millrace_running=1',
    `      eval ${quote(step.command)}`,
    '      ;;',
  ];
}

async function readFailures(path: string): Promise<ScriptEnd['failures']> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .map((line) => /^(\d{1,6}) (\d{1,3})$/.exec(line))
    .filter((match) => match !== null)
    .map(([, step, exitCode]) => ({ step: Number(step), exitCode: Number(exitCode) }));
}

async function readExported(path: string): Promise<ReadonlyMap<string, string>> {
  const bytes = await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
  if (bytes > EXPORTED_BYTES_MAX) {
    throw new ActionFailed(
      'JobFailed',
      `The exported variables have ${bytes} bytes; ${EXPORTED_BYTES_MAX} are allowed.`,
    );
  }
  const text = bytes === 0 ? '' : await readFile(path, 'utf8');
  const pairs = text.split('\0').filter((pair) => pair !== '');
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}
