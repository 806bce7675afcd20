import type { Command } from 'commander';
import { examples, type Cli } from '../cli.js';
import { list, wholeNumber } from '../options.js';
import type { Style } from '../output/style.js';
import { plainText } from '../output/terminal-text.js';
import { short } from '../output/values.js';
import { EVENTS, EVENT_APPENDED, PLATFORM, type EventFilter, type EventRow } from '../platform/operations.js';
import type { Platform } from '../platform/platform.js';

const PAGE_SIZE = 200;
const LATEST_DEFAULT = 50;

interface EventOptions {
  readonly follow?: boolean;
  readonly after?: string;
  readonly all?: boolean;
  readonly limit?: number;
  readonly type?: readonly string[];
  readonly category?: readonly string[];
  readonly pipeline?: string;
  readonly execution?: string;
  readonly actor?: string;
  readonly correlation?: string;
}

export function addEventCommand(program: Command, cli: Cli): void {
  const events = program
    .command('events')
    .description('everything that has happened, in the order of the log')
    .option('-f, --follow', 'go on with what happens, without gap or repeat, also across a restart of the platform')
    .option('--after <cursor>', 'behind this place; each event of --json has its own as `position`')
    .option('--all', 'from the first event on')
    .option(
      '--limit <n>',
      `how many at most; default: the latest ${LATEST_DEFAULT}, or all behind --after`,
      wholeNumber(1, 999_999_999),
    )
    .option('--type <names>', 'only these kinds, e.g. ActionFinished; several with commas', list)
    .option('--category <names>', 'only of these kinds of streams, e.g. execution,traffic', list)
    .option('--pipeline <name>', 'only of this pipeline')
    .option('--execution <id>', 'only of this execution')
    .option('--actor <id>', 'only what this actor caused')
    .option('--correlation <id>', 'only what followed from this request')
    .action(cli.run((options: EventOptions) => showEvents(cli, options)));
  examples(events, [
    ['millrace events -f', 'all that happens'],
    ['millrace events --all --json > log.jsonl', 'all that has happened'],
    ['millrace events -f --after "$CURSOR" --type ExecutionFinished --json', 'go on where a script stopped'],
  ]);
}

async function showEvents(cli: Cli, options: EventOptions): Promise<void> {
  const platform = await cli.platform();
  const filter = filterOf(options);
  const show = async (event: EventRow): Promise<void> =>
    cli.output.json ? cli.output.item(event) : cli.output.line(eventLine(event, cli.output.style));
  const after = options.all === true ? await beginning(platform) : options.after;
  if (options.follow === true) return follow(platform, { after, filter, limit: options.limit }, show);
  if (after !== undefined) return forwards(platform, { after, filter, limit: options.limit }, show);
  const latest = await backwards(platform, filter, options.limit ?? LATEST_DEFAULT);
  for (const event of latest.toReversed()) await show(event);
}

function filterOf(options: EventOptions): EventFilter {
  const { type, category, pipeline, execution, actor, correlation } = options;
  const members = {
    types: type,
    categories: category,
    pipeline,
    executionId: execution,
    actorId: actor,
    correlationId: correlation,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as EventFilter;
}

/** Positions count from 1, so nothing stands before `<log id>.0`. */
async function beginning(platform: Platform): Promise<string> {
  const answer = await platform.query(PLATFORM, {});
  return `${answer.platform.logId}.0`;
}

interface Range {
  readonly after: string | undefined;
  readonly filter: EventFilter;
  readonly limit: number | undefined;
}

type Show = (event: EventRow) => Promise<void>;

async function follow(platform: Platform, range: Range, show: Show): Promise<void> {
  let { after } = range;
  let left = range.limit ?? Number.POSITIVE_INFINITY;
  for await (const event of platform.follow(EVENT_APPENDED, () => ({ after, filter: range.filter }))) {
    if (event.kind === 'reconnected') continue;
    await show(event.data.eventAppended);
    after = event.data.eventAppended.position;
    left -= 1;
    if (left === 0) return;
  }
}

async function forwards(platform: Platform, range: Range, show: Show): Promise<void> {
  let { after } = range;
  let left = range.limit ?? Number.POSITIVE_INFINITY;
  for (;;) {
    const first = Math.min(PAGE_SIZE, left);
    const { events } = await platform.query(EVENTS, { after, filter: range.filter, first });
    for (const event of events.nodes) await show(event);
    left -= events.nodes.length;
    if (left <= 0 || !events.pageInfo.hasNextPage) return;
    after = events.pageInfo.endCursor ?? after;
  }
}

/** The latest ones, latest first. */
async function backwards(platform: Platform, filter: EventFilter, limit: number): Promise<readonly EventRow[]> {
  const found: EventRow[] = [];
  let before: string | undefined;
  while (found.length < limit) {
    const first = Math.min(PAGE_SIZE, limit - found.length);
    const { events } = await platform.query(EVENTS, { before, filter, first });
    found.push(...events.nodes);
    if (!events.pageInfo.hasNextPage || events.pageInfo.endCursor === null) break;
    before = events.pageInfo.endCursor;
  }
  return found;
}

function eventLine(event: EventRow, style: Style): string {
  const position = event.position.split('.').at(-1) ?? event.position;
  const who =
    event.actor.onBehalfOf === null ? event.actor.name : `${event.actor.name} for ${event.actor.onBehalfOf.name}`;
  return [
    style.dim(position.padStart(7)),
    style.dim(event.time),
    style.bold(event.type),
    style.dim(plainText(event.stream)),
    style.dim(`by ${plainText(who)}`),
    headline(event.data),
  ].join(' ');
}

/** The members that tell one event from its neighbours. */
const TELLING = ['stage', 'action', 'status', 'outcome', 'name', 'jobId', 'version', 'summary', 'reason'] as const;

function headline(data: unknown): string {
  if (typeof data !== 'object' || data === null) return '';
  const members = data as Readonly<Record<string, unknown>>;
  return TELLING.flatMap((key) => {
    const value = members[key];
    if (typeof value !== 'string' && typeof value !== 'number') return [];
    return [`${key}=${plainText(key === 'jobId' ? short(String(value)) : String(value))}`];
  }).join(' ');
}
