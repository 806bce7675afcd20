import type {
  GitPatterns,
  GitPullRequestFilter,
  GitPushFilter,
  PipelineTriggerDeclaration,
} from '@millrace/contracts/pipeline-definition';
import { actionsOf, categoryOf, type DraftPipeline, type PlacedAction } from '../draft.js';
import type { Draft } from '../model/shape.js';
import { element, shown, type Report } from '../violation.js';

const TRIGGERS_BYTES_MAX = 200 * 1024;

/** The source actions that can tell a push from a pull request. */
const GIT_PROVIDERS: readonly string[] = ['CodeStarSourceConnection', 'Git'];

type Trigger = Draft<PipelineTriggerDeclaration>;
type Patterns = Draft<GitPatterns> | undefined;

export function checkTriggers(pipeline: DraftPipeline, report: Report): void {
  const triggers = pipeline.triggers ?? [];
  const bytes = new TextEncoder().encode(JSON.stringify(triggers)).length;
  if (bytes > TRIGGERS_BYTES_MAX)
    report.add(
      'triggers',
      'LimitExceeded',
      `The triggers have ${bytes} bytes of JSON; at most ${TRIGGERS_BYTES_MAX} are allowed.`,
    );
  const sources = actionsOf(pipeline).filter((placed) => categoryOf(placed) === 'Source');
  const taken = new Set<string>();
  for (const [index, trigger] of triggers.entries()) {
    if (trigger === undefined) continue;
    const at = `${element('triggers', index)}.gitConfiguration`;
    checkSource(trigger, { at, sources, taken, report });
    checkFilters(trigger, at, report);
  }
}

interface SourceRules {
  readonly at: string;
  readonly sources: readonly PlacedAction[];
  readonly taken: Set<string>;
  readonly report: Report;
}

function checkSource(trigger: Trigger, { at, sources, taken, report }: SourceRules): void {
  const name = trigger.gitConfiguration?.sourceActionName;
  if (name === undefined) return;
  const source = sources.find(({ action }) => action.name === name);
  if (source === undefined || !GIT_PROVIDERS.includes(source.action.actionTypeId?.provider ?? ''))
    report.add(
      `${at}.sourceActionName`,
      'InvalidStructure',
      `Triggers for connections must reference a CodeStarSourceConnection action, or one of Millrace's Git; '${shown(name)}' is none.`,
    );
  if (taken.has(name))
    report.add(
      `${at}.sourceActionName`,
      'InvalidStructure',
      `Source action '${shown(name)}' has a trigger already; put all filters into one trigger.`,
    );
  taken.add(name);
}

function checkFilters(trigger: Trigger, at: string, report: Report): void {
  const { gitConfiguration } = trigger;
  if (gitConfiguration === undefined) return;
  const { push, pullRequest } = gitConfiguration;
  if (push === undefined && pullRequest === undefined)
    report.add(at, 'InvalidStructure', 'A trigger needs push or pullRequest filters.');
  checkEach(push, `${at}.push`, report, checkPush);
  checkEach(pullRequest, `${at}.pullRequest`, report, checkPullRequest);
}

function checkEach<F>(
  filters: readonly (F | undefined)[] = [],
  at: string,
  report: Report,
  check: (filter: F, at: string, report: Report) => void,
): void {
  const seen = new Set<string>();
  for (const [index, filter] of filters.entries()) {
    if (filter === undefined) continue;
    const text = JSON.stringify(filter);
    if (seen.has(text))
      report.add(element(at, index), 'InvalidStructure', 'The same filter stands here already; remove this one.');
    seen.add(text);
    check(filter, element(at, index), report);
  }
}

/** CodePipeline's list of valid combinations: tags; branches; branches and filePaths. */
function checkPush({ tags, branches, filePaths }: Draft<GitPushFilter>, at: string, report: Report): void {
  if (tags === undefined && branches === undefined && filePaths === undefined)
    report.add(at, 'InvalidStructure', 'A push filter needs tags or branches.');
  if (tags !== undefined && (branches !== undefined || filePaths !== undefined))
    report.add(
      at,
      'InvalidStructure',
      'A push filter has either tags, or branches with or without filePaths; make two filters.',
    );
  checkPatterns({ tags, branches, filePaths }, at, report);
}

function checkPullRequest(
  { events, branches, filePaths }: Draft<GitPullRequestFilter>,
  at: string,
  report: Report,
): void {
  if (branches === undefined && filePaths === undefined)
    report.add(at, 'InvalidStructure', 'A pull request filter needs branches.');
  if (events !== undefined && new Set(events).size < events.length)
    report.add(`${at}.events`, 'InvalidStructure', 'An event stands here more than once.');
  checkPatterns({ branches, filePaths }, at, report);
}

function checkPatterns(filters: Readonly<Record<string, Patterns>>, at: string, report: Report): void {
  if (filters['filePaths'] !== undefined && filters['branches'] === undefined && filters['tags'] === undefined)
    report.add(`${at}.filePaths`, 'InvalidStructure', 'filePaths need branches beside them.');
  for (const [name, patterns] of Object.entries(filters))
    if (patterns !== undefined && patterns.includes === undefined && patterns.excludes === undefined)
      report.add(`${at}.${name}`, 'InvalidStructure', 'A filter needs includes or excludes.');
}
