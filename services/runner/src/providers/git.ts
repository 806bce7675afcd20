import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { listTree } from '../archives/tree.js';
import { cut } from '../jobs/finished-job.js';
import { flag, labels, parseConfiguration, wholeNumber } from './configuration.js';
import { GitRepository } from './git-repository.js';
import type { Commit } from './git-repository.js';
import { localBranch } from './local-branch.js';
import { ActionFailed } from './provider.js';
import type { ActionContext, ActionProvider, LookContext, LookOutcome, Outcome } from './provider.js';

/** The message of a commit as a variable; the list of all variables has a limit of its own. */
const MESSAGE_LENGTH_MAX = 65_536;

/** What is wrong with the address of a repository, or undefined. */
export function repositoryFault(url: string): string | undefined {
  if (/[\u0000-\u0020\u007f]/.test(url)) return 'must not contain spaces or control characters';
  if (url.startsWith('-')) return 'must not begin with "-"';
  if (isAbsolute(url)) return undefined;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return remoteFault(url);
  if (/^([A-Za-z0-9._-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!:)[^-].*$/.test(url)) return undefined;
  return 'must be an absolute path, a URL (https, http, ssh, git, file) or user@host:path';
}

function remoteFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return 'is not a URL';
  if (!['https:', 'http:', 'ssh:', 'git:', 'file:'].includes(url.protocol))
    return 'must be https, http, ssh, git or file';
  // A definition is kept for ever and shown to everybody.
  if (url.password !== '') return 'must not contain a password: give the runner a git credential helper or an SSH key';
  if (decodeURIComponent(url.hostname).startsWith('-')) return 'must not have a host that begins with "-"';
  return undefined;
}

/** Git's own rules for a branch's name (`git check-ref-format`), and nothing that could be taken for an option. */
export function branchFault(name: string): string | undefined {
  const bad =
    name === '@' ||
    /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/]|\/$|\.$/.test(name) ||
    name.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock'));
  return bad ? 'is not a possible name of a branch' : undefined;
}

const checkedText = (max: number, fault: (text: string) => string | undefined) =>
  z
    .string()
    .min(1)
    .max(max)
    .superRefine((text, context) => {
      const message = fault(text);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });

const configuration = z.strictObject({
  RepositoryUrl: checkedText(1_000, repositoryFault),
  BranchName: checkedText(255, branchFault).default('main'),
  OutputArtifactFormat: z.enum(['CODE_ZIP', 'FULL_CLONE']).default('CODE_ZIP'),
  // The execution service looks or does not; here they are only known.
  PollForSourceChanges: flag.optional(),
  PollIntervalSeconds: wholeNumber(1, 3_600).optional(),
  ...labels,
});

/** The source `Millrace/Git`: any remote that git can read without asking. */
export const gitProvider: ActionProvider = {
  ids: [{ category: 'Source', owner: 'Millrace', provider: 'Git', version: '1' }],

  async run(context: ActionContext): Promise<Outcome> {
    const { job, log } = context;
    const options = parseConfiguration(configuration, job.configuration);
    const repository = new GitRepository(options.RepositoryUrl, options.BranchName, context);
    const commit = await repository.locked(async () => {
      const commitId = await chosenCommit(repository, job.revision);
      await log.remark(`Fetching ${options.BranchName} of ${options.RepositoryUrl}`);
      if (!(await repository.ensure(commitId))) throw unavailable(commitId, repository);
      const directory = join(context.directory, 'tree');
      if (options.OutputArtifactFormat === 'FULL_CLONE') await repository.clone(commitId, directory);
      else await repository.checkOut(commitId, directory);
      return await repository.commit(commitId);
    });
    await log.remark(`Commit ${commit.id} of ${commit.author}: ${firstLine(commit)}`);
    const [output] = job.outputArtifacts;
    const outputArtifacts = output === undefined ? [] : [await storeTree(context, output.name)];
    return {
      status: 'succeeded',
      summary: cut(commit.message, 2_048),
      externalExecutionId: commit.id,
      outputArtifacts,
      outputVariables: variables(commit, repository),
      revision: revisionOf(commit),
    };
  },

  async look(context: LookContext): Promise<LookOutcome> {
    const { configuration: given, cursor } = context.job;
    const options = parseConfiguration(configuration, given);
    const repository = new GitRepository(options.RepositoryUrl, options.BranchName, context);
    if (cursor !== undefined && (await localBranch(options.RepositoryUrl, options.BranchName)) === cursor)
      return { revision: { revisionId: cursor } };
    const head = await repository.head();
    if (head === cursor) return { revision: { revisionId: head } };
    return await repository.locked(async () => {
      if (!(await repository.ensure(head))) throw unavailable(head, repository);
      const revision = revisionOf(await repository.commit(head));
      if (cursor === undefined) return { revision };
      return { revision, commits: await repository.commitsSince(cursor, head) };
    });
  },
};

async function chosenCommit(repository: GitRepository, revision: string | undefined): Promise<string> {
  if (revision === undefined) return await repository.head();
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(revision)) return revision;
  throw new ActionFailed(
    'RevisionUnavailable',
    `${JSON.stringify(cut(revision, 100))} is not the full id of a commit.`,
  );
}

function unavailable(commitId: string, { url, branch }: GitRepository): ActionFailed {
  return new ActionFailed(
    'RevisionUnavailable',
    `The commit ${commitId} is not on ${branch} of ${url}, nor does the remote give it.`,
  );
}

async function storeTree(context: ActionContext, name: string) {
  const tree = await listTree(join(context.directory, 'tree'), context.signal);
  for (const path of tree.leftOut) await context.log.remark(`Left out: ${path}`);
  return await context.storeOutput(name, tree.files);
}

function variables(commit: Commit, { url, branch }: GitRepository) {
  return [
    { name: 'CommitId', value: commit.id },
    { name: 'AuthorDate', value: commit.authorDate },
    { name: 'CommitterDate', value: commit.committerDate },
    { name: 'CommitMessage', value: cut(commit.message, MESSAGE_LENGTH_MAX) },
    { name: 'BranchName', value: branch },
    { name: 'RepositoryName', value: repositoryName(url) },
  ];
}

/** The last part of the address: `shop` of `git@example.org:acme/shop.git`. */
function repositoryName(url: string): string {
  const parts = url.split(/[/:]/).filter((part) => part !== '' && part !== '.git');
  return (parts.at(-1) ?? url).replace(/\.git$/, '');
}

function revisionOf(commit: Commit) {
  const summary = firstLine(commit);
  return {
    revisionId: commit.id,
    createdAt: new Date(commit.committerDate).toISOString(),
    author: cut(commit.author, 300),
    ...(summary === '' ? {} : { summary }),
  };
}

function firstLine({ message }: Commit): string {
  return cut(message.split('\n', 1)[0] ?? '', 2_048);
}
