import { execFile } from 'node:child_process';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A real repository on the disk; nobody's own git configuration reaches it. */
export class GitRepository {
  private constructor(readonly directory: string) {}

  static async create(directory: string, files: Readonly<Record<string, string>>): Promise<GitRepository> {
    await mkdir(directory, { recursive: true });
    const repository = new GitRepository(directory);
    await repository.git('init', '--quiet', '--initial-branch=main');
    await repository.commit('First', files);
    return repository;
  }

  /**
   * @param files - what to write, by path; undefined removes. Scripts (`.sh`) are made executable.
   * @returns the commit's id.
   */
  async commit(message: string, files: Readonly<Record<string, string | undefined>>): Promise<string> {
    for (const [path, text] of Object.entries(files)) await this.write(path, text);
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  private async write(path: string, text: string | undefined): Promise<void> {
    const file = join(this.directory, path);
    if (text === undefined) return rm(file, { force: true });
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    if (path.endsWith('.sh')) await chmod(file, 0o755);
  }

  private async git(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('git', ['-C', this.directory, ...args], {
      env: {
        PATH: process.env['PATH'] ?? '',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_SYSTEM: '/dev/null',
        GIT_AUTHOR_NAME: 'Ada',
        GIT_AUTHOR_EMAIL: 'ada@example.com',
        GIT_COMMITTER_NAME: 'Ada',
        GIT_COMMITTER_EMAIL: 'ada@example.com',
      },
    });
    return stdout.trim();
  }
}
