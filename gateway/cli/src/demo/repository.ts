import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Failure, EXIT, sentenceOf, systemCodeOf } from '../failure.js';

const run = promisify(execFile);

export interface Edit {
  /** Of the commit. */
  readonly message: string;
  /** In the repository. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A real repository on disk. Nobody's git configuration has a say in it. */
export class Repository {
  private constructor(
    readonly directory: string,
    private readonly env: Readonly<Record<string, string | undefined>>,
  ) {}

  /** The files of `application` as its first commit. */
  static async create(
    directory: string,
    application: string,
    message: string,
    env: Readonly<Record<string, string | undefined>>,
  ): Promise<{ readonly repository: Repository; readonly commitId: string }> {
    await cp(application, directory, { recursive: true });
    const repository = new Repository(directory, env);
    await repository.#git('init', '--quiet', '--initial-branch=main');
    const commitId = await repository.#commit(message);
    return { repository, commitId };
  }

  /** @returns the commit's id. */
  async edit({ message, file, from, to }: Edit): Promise<string> {
    const path = join(this.directory, file);
    const text = await readFile(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} does not hold ${JSON.stringify(from)}.`);
    await writeFile(path, text.replace(from, to));
    return this.#commit(message);
  }

  async #commit(message: string): Promise<string> {
    await this.#git('add', '--all');
    await this.#git('commit', '--quiet', '--message', message);
    return (await this.#git('rev-parse', 'HEAD')).trim();
  }

  async #git(...args: readonly string[]): Promise<string> {
    const identity = { NAME: 'Ada', EMAIL: 'ada@example.org' };
    try {
      const { stdout } = await run('git', [...args], {
        cwd: this.directory,
        env: {
          PATH: this.env['PATH'],
          HOME: this.directory,
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_CONFIG_GLOBAL: '/dev/null',
          GIT_AUTHOR_NAME: identity.NAME,
          GIT_AUTHOR_EMAIL: identity.EMAIL,
          GIT_COMMITTER_NAME: identity.NAME,
          GIT_COMMITTER_EMAIL: identity.EMAIL,
        },
      });
      return stdout;
    } catch (error) {
      const message =
        systemCodeOf(error) === 'ENOENT'
          ? 'git is not installed, and the demo releases from a Git repository.'
          : `git ${args[0] ?? ''}: ${sentenceOf(error)}`;
      throw new Failure(EXIT.failed, 'GIT', message, { cause: error });
    }
  }
}
