import { Option, type Command } from 'commander';
import { examples, type Cli } from '../cli.js';
import { refused, usage } from '../failure.js';
import { durationMs } from '../options.js';
import { plainText } from '../output/terminal-text.js';
import { localTime } from '../output/values.js';
import { CREATE_TOKEN, REVOKE_TOKEN, ROLES, TOKENS, type Role, type TokenRow } from '../platform/access.js';
import { nodesOf } from '../platform/pages.js';

const TOKENS_MAX = 10_000;

export function addTokenCommands(program: Command, cli: Cli): void {
  const token = program.command('token').description('who may use the platform');
  examples(token, [
    ['millrace token create ada --role developer --expires 90d', 'its secret is shown once'],
    ['millrace token create build-host-2 --role runner', 'for `millrace runner start`'],
    ['millrace token revoke ada', 'void at once'],
  ]);

  token
    .command('create')
    .description('make a token and print its secret, once')
    .argument('<name>', 'for people: shown wherever the token has acted')
    .addOption(new Option('--role <role>', 'what it may do').choices([...ROLES]).makeOptionMandatory())
    .option('--expires <duration>', 'when it becomes void by itself, e.g. 12h or 90d; default: never', durationMs)
    .action(cli.run((name: string, options: { role: Role; expires?: number }) => createToken(cli, name, options)));

  token
    .command('list')
    .description('list tokens, without their secrets')
    .option('--all', 'the void ones, too')
    .action(cli.run((options: { all?: boolean }) => listTokens(cli, options.all === true)));

  token
    .command('revoke')
    .description('make a token void, at once')
    .argument('<id|name>', "the token's id, or its name where only one valid token has it")
    .action(
      cli.run(async (reference: string) => {
        const { id, name } = await tokenOf(cli, reference);
        const change = await (await cli.platform()).change(REVOKE_TOKEN, { id });
        if (cli.output.json) return cli.output.value(change);
        await cli.output.line(`Revoked ${plainText(name)} (${id}).`);
      }),
    );
}

async function createToken(cli: Cli, name: string, { role, expires }: { role: Role; expires?: number }): Promise<void> {
  const platform = await cli.platform();
  const expiresAt = expires === undefined ? undefined : new Date(Date.now() + expires).toISOString();
  const issued = await platform.change(CREATE_TOKEN, { name, role, ...(expiresAt === undefined ? {} : { expiresAt }) });
  if (issued.secret === null)
    throw refused(
      'SECRET_NOT_SHOWN',
      `The token ${issued.id} was made, but the answer with its secret was lost. Revoke it and make another: millrace token revoke ${issued.id}`,
    );
  if (cli.output.json) return cli.output.value({ ...issued, name, role, expiresAt: expiresAt ?? null });
  await cli.output.line(issued.secret);
  const until = expiresAt === undefined ? 'until it is revoked' : `until ${localTime(expiresAt)}`;
  cli.output.note(`Token ${issued.id} of role ${role}, good ${until}. Its secret is shown this once and kept nowhere.`);
}

async function allTokens(cli: Cli): Promise<readonly TokenRow[]> {
  const platform = await cli.platform();
  const rows: TokenRow[] = [];
  const pages = nodesOf(async (first, after) => (await platform.query(TOKENS, { first, after })).tokens, TOKENS_MAX);
  for await (const row of pages) rows.push(row);
  return rows;
}

function isValid({ revokedAt, expiresAt }: TokenRow): boolean {
  return revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > Date.now());
}

async function listTokens(cli: Cli, all: boolean): Promise<void> {
  const rows = (await allTokens(cli)).filter((row) => all || isValid(row));
  if (cli.output.json) return cli.output.value(rows);
  const { style } = cli.output;
  await cli.output.table([
    ['NAME', 'ROLE', 'STATE', 'MADE', 'BY', 'ID'].map(style.dim),
    ...rows.map((row) => [
      style.bold(plainText(row.name)),
      row.role,
      stateOf(row),
      localTime(row.createdAt),
      plainText(row.createdBy.name),
      row.id,
    ]),
  ]);
}

function stateOf(row: TokenRow): string {
  if (row.revokedAt !== null) return `revoked ${localTime(row.revokedAt)}`;
  if (row.expiresAt === null) return 'valid';
  return isValid(row) ? `valid until ${localTime(row.expiresAt)}` : `expired ${localTime(row.expiresAt)}`;
}

async function tokenOf(cli: Cli, reference: string): Promise<Pick<TokenRow, 'id' | 'name'>> {
  const rows = await allTokens(cli);
  const byId = rows.find(({ id }) => id === reference);
  if (byId !== undefined) return byId;
  const [only, ...others] = rows.filter((row) => row.name === reference && isValid(row));
  if (only === undefined)
    throw refused('TOKEN_NOT_FOUND', `There is no valid token "${reference}". See \`millrace token list\`.`);
  if (others.length > 0)
    throw usage(
      `${others.length + 1} tokens are named "${reference}". Give the id: ${[only, ...others].map(({ id }) => id).join(', ')}.`,
    );
  return only;
}
