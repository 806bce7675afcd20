import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitInfo } from '@millrace/contracts/runner';
import { cut } from '../jobs/finished-job.js';
import type { ToolResult } from '../processes/tool.js';
import { KeyedMutex } from '../waiting.js';
import { ActionFailed } from './provider.js';
import type { LookContext } from './provider.js';

type GitContext = Pick<LookContext, 'tool' | 'directory' | 'cacheDirectory' | 'credentials'>;

/** Branches that an error names at most. */
const BRANCHES_NAMED_MAX = 20;
const COMMITS_MAX = 250;

/** No prompt, no helper protocol, no hook, no background process; whatever the user's own git configuration says. */
const SETTINGS = [
  ...['-c', 'core.hooksPath=/dev/null'],
  ...['-c', 'core.fsmonitor=false'],
  ...['-c', 'protocol.ext.allow=never'],
  ...['-c', 'gc.autoDetach=false'],
  ...['-c', 'maintenance.autoDetach=false'],
  ...['-c', 'advice.detachedHead=false'],
  ...['-c', 'i18n.logOutputEncoding=UTF-8'],
  ...['-c', 'log.showSignature=false'],
];

const ENVIRONMENT = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'file:https:http:ssh:git',
  GIT_SSH_COMMAND: 'ssh -oBatchMode=yes',
  GIT_ASKPASS: '',
  SSH_ASKPASS: '',
  GIT_OPTIONAL_LOCKS: '0',
  LC_ALL: 'C.UTF-8',
  LANGUAGE: 'C',
};

/** One mirror is touched by one job at a time: the runner alone uses its directory. */
const mirrors = new KeyedMutex();

export interface Commit {
  readonly id: string;
  readonly authorDate: string;
  readonly committerDate: string;
  readonly author: string;
  /** The whole message. */
  readonly message: string;
}

/** One branch of one remote, through a bare mirror in the runner's cache. User text is an argument behind `--`, never an option. */
export class GitRepository {
  readonly url: string;
  readonly branch: string;
  readonly #context: GitContext;
  readonly #mirror: string;

  constructor(url: string, branch: string, context: GitContext) {
    this.url = url;
    this.branch = branch;
    this.#context = context;
    this.#mirror = join(
      context.cacheDirectory,
      'git',
      `${createHash('sha256').update(url).digest('hex').slice(0, 40)}.git`,
    );
  }

  /** Asks the remote only. @throws ActionFailed when the repository or the branch can't be had */
  async head(): Promise<string> {
    const reference = `refs/heads/${this.branch}`;
    const answer = await this.#run(['ls-remote', '--', this.url, reference]);
    if (answer.exitCode !== 0) throw this.#fault(answer.stderr);
    // The pattern also finds refs/heads/x/refs/heads/<branch>.
    const line = answer.stdout
      .toString('utf8')
      .split('\n')
      .find((one) => one.split('\t')[1] === reference);
    const id = line?.split('\t')[0];
    if (id === undefined) throw await this.#noBranch();
    return id;
  }

  /** Work on the mirror, undisturbed. */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    return await mirrors.run(this.#mirror, work);
  }

  /** Makes sure that the mirror has this commit. Within {@link locked}. @returns false when the remote does not give it */
  async ensure(commitId: string): Promise<boolean> {
    if (await this.has(commitId)) return true;
    const branch = `+refs/heads/${this.branch}:refs/heads/${this.branch}`;
    let fault = await this.#fetch(branch);
    if (fault !== undefined && isBroken(fault)) {
      // What was cached is of no use: begin anew, once.
      await rm(this.#mirror, { recursive: true, force: true });
      fault = await this.#fetch(branch);
    }
    if (fault !== undefined) throw this.#fault(fault);
    if (await this.has(commitId)) return true;
    // Not on the branch (any more): some servers give a commit by its name alone.
    return (await this.#fetch(commitId)) === undefined && (await this.has(commitId));
  }

  async has(commitId: string): Promise<boolean> {
    if (!existsSync(this.#mirror)) return false;
    return (await this.#inMirror(['cat-file', '-e', `${commitId}^{commit}`])).exitCode === 0;
  }

  async commit(commitId: string): Promise<Commit> {
    const format = '%H%x00%aI%x00%cI%x00%an <%ae>%x00%B';
    const text = await this.#read(['log', '-1', `--format=${format}`, '--end-of-options', commitId, '--']);
    const [id = '', authorDate = '', committerDate = '', author = '', message = ''] = text.split('\0');
    return { id, authorDate, committerDate, author, message: message.trim() };
  }

  /** Newest first. Without a cursor, or when the branch was rewritten so that the cursor is gone: the head alone. */
  async commitsSince(cursor: string, head: string): Promise<CommitInfo[]> {
    const range = (await this.has(cursor)) ? [`${cursor}..${head}`] : ['-1', head];
    const format = '%H%x00%s%x00%an <%ae>%x00%cI';
    const text = await this.#read(['log', '-z', `--max-count=${COMMITS_MAX}`, `--format=${format}`, ...range, '--']);
    const fields = text.split('\0');
    const commits: CommitInfo[] = [];
    for (let at = 0; at + 3 < fields.length; at += 4) {
      const [id = '', summary = '', author = '', committedAt = ''] = fields.slice(at, at + 4);
      commits.push({ id, summary: cut(summary, 2_048), author: cut(author, 300), committedAt });
    }
    return commits;
  }

  /** The commit's files, without `.git`. */
  async checkOut(commitId: string, directory: string): Promise<void> {
    await mkdir(directory, { recursive: true });
    const environment = { GIT_INDEX_FILE: join(this.#context.directory, 'git-index') };
    const bare = [`--git-dir=${this.#mirror}`, `--work-tree=${directory}`];
    await this.#must([...bare, 'read-tree', commitId], environment);
    await this.#must([...bare, 'checkout-index', '--all', '--force', `--prefix=${directory}/`], environment);
  }

  /** The branch with all its history and the commit checked out; `origin` is the remote. */
  async clone(commitId: string, directory: string): Promise<void> {
    await this.#must([
      'clone',
      '--quiet',
      '--no-hardlinks',
      '--no-checkout',
      '--no-tags',
      '--template=',
      '--',
      this.#mirror,
      directory,
    ]);
    await this.#must(['-C', directory, 'remote', 'set-url', '--', 'origin', this.url]);
    await this.#must(['-C', directory, 'checkout', '--quiet', '--force', '-B', this.branch, commitId, '--']);
  }

  /** Undefined when it went well, else what git said. */
  async #fetch(reference: string): Promise<string | undefined> {
    if (!existsSync(this.#mirror)) await this.#must(['init', '--quiet', '--bare', '--template=', '--', this.#mirror]);
    const options = ['--quiet', '--no-tags', '--no-write-fetch-head'];
    const { exitCode, stderr } = await this.#inMirror(['fetch', ...options, '--', this.url, reference]);
    return exitCode === 0 ? undefined : stderr;
  }

  async #read(args: readonly string[]): Promise<string> {
    return (await this.#must([`--git-dir=${this.#mirror}`, ...args])).stdout.toString('utf8');
  }

  async #inMirror(args: readonly string[]): Promise<ToolResult> {
    return await this.#run([`--git-dir=${this.#mirror}`, ...args]);
  }

  async #must(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<ToolResult> {
    const result = await this.#run(args, environment);
    if (result.exitCode !== 0) throw new ActionFailed('JobFailed', `git: ${lastWords(result.stderr)}`);
    return result;
  }

  async #run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<ToolResult> {
    const { tool, directory, credentials } = this.#context;
    try {
      return await tool({
        command: ['git', ...SETTINGS, ...args],
        cwd: directory,
        environment: { ...credentials, ...ENVIRONMENT, ...environment },
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new ActionFailed('SystemUnavailable', 'git is not installed on the runner.');
    }
  }

  async #noBranch(): Promise<ActionFailed> {
    const answer = await this.#run(['ls-remote', '--heads', '--', this.url]);
    const names = answer.stdout
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace(/^[^\t]*\trefs\/heads\//, ''));
    if (names.length === 0)
      return new ActionFailed('ConfigurationError', `The repository ${this.url} has no branches yet.`);
    const more = names.length > BRANCHES_NAMED_MAX ? `, and ${names.length - BRANCHES_NAMED_MAX} more` : '';
    const listed = names.slice(0, BRANCHES_NAMED_MAX).join(', ') + more;
    return new ActionFailed(
      'ConfigurationError',
      `There is no branch ${this.branch} in ${this.url}. There are: ${listed}.`,
    );
  }

  #fault(stderr: string): ActionFailed {
    const words = lastWords(stderr);
    const known = FAULTS.find(({ signs }) => signs.test(stderr));
    if (known === undefined) return new ActionFailed('JobFailed', `git can't read ${this.url}: ${words}`);
    return new ActionFailed(known.code, `${known.sentence(this.url)} (git: ${words})`);
  }
}

const FAULTS = [
  {
    code: 'PermissionError',
    signs:
      /authentication failed|could not read (username|password)|permission denied|terminal prompts disabled|host key verification|dubious ownership|returned error: 40[13]/i,
    sentence: (url: string) =>
      `The runner may not read ${url}. Give its user an SSH key or a git credential helper that may.`,
  },
  {
    code: 'SystemUnavailable',
    signs:
      /could not resolve|couldn't connect|failed to connect|connection (refused|reset|timed out)|operation timed out|network is unreachable|no route to host|returned error: (429|5\d\d)|early eof/i,
    sentence: (url: string) => `${url} can't be reached now.`,
  },
  {
    code: 'ConfigurationError',
    signs:
      /repository not found|does not appear to be a git repository|does not exist|not found|no such (file|device)|no such repository/i,
    sentence: (url: string) => `There is no repository at ${url}.`,
  },
] as const;

/** The cache is damaged, not the remote. */
function isBroken(stderr: string): boolean {
  return /not a git repository: '|bad object|corrupt|loose object|unable to read|object file|did not send all necessary objects|index-pack failed|shallow/i.test(
    stderr,
  );
}

/** The lines that say what was wrong, in one; bounded. */
function lastWords(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling = lines.filter((line) => /^(fatal|error|remote|ssh):/i.test(line));
  return cut((telling.length > 0 ? telling : lines).slice(0, 5).join(' '), 500) || 'no reason given';
}
