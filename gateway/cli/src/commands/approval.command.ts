import type { Command } from 'commander';
import { examples, type Cli } from '../cli.js';
import { refused, usage } from '../failure.js';
import { wholeNumber } from '../options.js';
import { paintStatus, type Style } from '../output/style.js';
import { plainText } from '../output/terminal-text.js';
import { localTime, short } from '../output/values.js';
import { APPROVALS, CAST_VOTE, type ApprovalRow, type VoteResult } from '../platform/approvals.js';
import { nodesOf } from '../platform/pages.js';

/** The inbox is looked through so far for a pipeline's approvals. */
const INBOX_MAX = 1_000;

export function addApprovalCommands(program: Command, cli: Cli): void {
  const approvals = program
    .command('approvals')
    .description('list what waits for an answer')
    .option('--all', 'the answered ones, too')
    .option('--limit <n>', 'how many at most', wholeNumber(1, INBOX_MAX), 100)
    .action(cli.run((options: { all?: boolean; limit: number }) => listApprovals(cli, options)));
  examples(approvals, [['millrace approvals', 'your inbox']]);
  addVote(program, cli, 'approve', 'Approved');
  addVote(program, cli, 'reject', 'Rejected');
}

async function listApprovals(cli: Cli, { all, limit }: { all?: boolean; limit: number }): Promise<void> {
  const rows = await inbox(cli, all !== true, limit);
  if (cli.output.json) return cli.output.value(rows);
  if (rows.length === 0) return cli.output.note('Nothing waits for an answer.');
  await cli.output.table(approvalTable(rows, cli.output.style));
}

function approvalTable(rows: readonly ApprovalRow[], style: Style): readonly (readonly string[])[] {
  return [
    ['PIPELINE', 'STAGE/ACTION', 'STATUS', 'SINCE', 'UNTIL', 'EXECUTION', 'TOKEN', 'ABOUT'].map(style.dim),
    ...rows.map((row) => [
      style.bold(plainText(row.pipelineName)),
      plainText(`${row.stage}/${row.action}`),
      paintStatus(style, row.status),
      localTime(row.statusSince),
      row.status === 'Pending' ? localTime(row.expiresAt) : '-',
      short(row.executionId),
      row.token ?? '-',
      aboutOf(row),
    ]),
  ];
}

function aboutOf({ answer, customData, externalEntityLink }: ApprovalRow): string {
  if (answer !== null) return plainText(`${answer.by.name}${answer.summary === '' ? '' : `: ${answer.summary}`}`);
  return plainText([customData, externalEntityLink].filter((part) => part !== null).join(' ')) || '-';
}

interface VoteOptions {
  readonly stage?: string;
  readonly action?: string;
  readonly execution?: string;
  readonly approvalToken?: string;
  readonly comment?: string;
}

function addVote(program: Command, cli: Cli, verb: 'approve' | 'reject', result: VoteResult): void {
  const vote = program
    .command(verb)
    .description(`${verb} what waits for an answer in a pipeline`)
    .argument('[pipeline]', "the pipeline's name; not needed with --approval-token")
    .option('--stage <name>', 'in which stage, where several wait')
    .option('--action <name>', 'which action, where several wait')
    .option('--execution <id>', 'of this execution only: its id or the beginning of it')
    .option('--approval-token <id>', 'exactly this one: see `millrace approvals`')
    .option('--comment <text>', 'why; 512 characters at most')
    .action(cli.run((pipeline: string | undefined, options: VoteOptions) => castVote(cli, pipeline, result, options)));
  examples(vote, [
    [`millrace ${verb} shop --comment 'seen on staging'`, 'the one that waits there'],
    [`millrace ${verb} shop --stage Release --action Legal`, 'one of several'],
  ]);
}

async function castVote(
  cli: Cli,
  pipeline: string | undefined,
  result: VoteResult,
  options: VoteOptions,
): Promise<void> {
  const platform = await cli.platform();
  const token = options.approvalToken ?? (await tokenOf(cli, pipeline, options));
  const { comment } = options;
  const answer = await platform.change(CAST_VOTE, {
    token,
    result,
    ...(comment === undefined ? {} : { summary: comment }),
  });
  if (cli.output.json) return cli.output.value(answer);
  const { approval } = answer;
  const what =
    approval === null
      ? ''
      : ` ${approval.stage}/${approval.action} of ${approval.pipelineName} (${short(approval.executionId)})`;
  await cli.output.line(`${result}${plainText(what)}.`);
}

async function tokenOf(cli: Cli, pipeline: string | undefined, options: VoteOptions): Promise<string> {
  if (pipeline === undefined) throw usage('Name the pipeline, or give --approval-token. See `millrace approvals`.');
  const waiting = (await inbox(cli, true, INBOX_MAX)).filter((row) => isMeant(row, pipeline, options));
  const [only, ...others] = waiting;
  if (only?.token === undefined || only.token === null)
    throw refused(
      'APPROVAL_NOT_FOUND',
      `Nothing waits for an answer in ${pipeline}${placeOf(options)}. See \`millrace approvals\`.`,
    );
  if (others.length === 0) return only.token;
  const list = waiting.map(
    (row) => `${row.stage}/${row.action} of ${row.executionId} (--approval-token ${row.token ?? ''})`,
  );
  throw usage(
    `Several wait for an answer in ${pipeline}. Say which with --stage, --action, --execution or --approval-token:\n  ${list.join('\n  ')}`,
  );
}

function isMeant(row: ApprovalRow, pipeline: string, { stage, action, execution }: VoteOptions): boolean {
  return (
    row.pipelineName === pipeline &&
    (stage === undefined || row.stage === stage) &&
    (action === undefined || row.action === action) &&
    (execution === undefined || row.executionId.startsWith(execution))
  );
}

function placeOf({ stage, action }: VoteOptions): string {
  const place = [stage, action].filter((part) => part !== undefined);
  return place.length === 0 ? '' : ` at ${place.join('/')}`;
}

async function inbox(cli: Cli, pending: boolean, limit: number): Promise<readonly ApprovalRow[]> {
  const platform = await cli.platform();
  const rows: ApprovalRow[] = [];
  const pages = nodesOf(
    async (first, after) => (await platform.query(APPROVALS, { pending, first, after })).approvals,
    limit,
  );
  for await (const row of pages) rows.push(row);
  return rows;
}
