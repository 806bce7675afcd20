import {
  RULE_TYPES,
  SKIP_RULE_PROVIDERS,
  type ConditionDeclaration,
  type FailureConditions,
  type RuleDeclaration,
  type RuleType,
} from '@millrace/contracts/pipeline-definition';
import { categoryOf, actionsIn, stagesOf, type DraftPipeline, type Moment, type PlacedStage } from '../draft.js';
import type { Draft } from '../model/shape.js';
import { didYouMean } from '../nearest.js';
import { element, member, shown, type Report } from '../violation.js';

type Gate = 'beforeEntry' | 'onSuccess' | 'onFailure';
const GATES: readonly Gate[] = ['beforeEntry', 'onSuccess', 'onFailure'];

const ALLOWED_RESULTS: Readonly<Record<Gate, readonly string[]>> = {
  beforeEntry: ['FAIL', 'SKIP'],
  onSuccess: ['FAIL', 'ROLLBACK'],
  onFailure: ['ROLLBACK'],
};

interface PlacedCondition {
  readonly condition: Draft<ConditionDeclaration>;
  readonly gate: Gate;
  /** `stages[1].beforeEntry.conditions[0]` */
  readonly at: string;
  readonly stageIndex: number;
}

export interface PlacedRule {
  readonly rule: Draft<RuleDeclaration>;
  readonly at: string;
  /** When it runs: before every action of the stage, or after all of them. */
  readonly moment: Moment;
}

function conditionsOf({ stage, at, index: stageIndex }: PlacedStage): readonly PlacedCondition[] {
  return GATES.flatMap((gate) =>
    (stage[gate]?.conditions ?? []).flatMap((condition, index) =>
      condition === undefined ? [] : [{ condition, gate, at: element(`${at}.${gate}.conditions`, index), stageIndex }],
    ),
  );
}

export function conditionRulesOf(placed: PlacedStage): readonly PlacedRule[] {
  return conditionsOf(placed).flatMap(({ condition, gate, at, stageIndex }) =>
    (condition.rules ?? []).flatMap((rule, index) =>
      rule === undefined
        ? []
        : [
            {
              rule,
              at: element(`${at}.rules`, index),
              moment: { stageIndex, runOrder: gate === 'beforeEntry' ? 0 : Infinity },
            },
          ],
    ),
  );
}

export function checkConditions(pipeline: DraftPipeline, report: Report): void {
  for (const placed of stagesOf(pipeline)) {
    checkFailureGate(placed, report);
    for (const condition of conditionsOf(placed)) checkResult(condition, report);
    for (const { rule, at } of conditionRulesOf(placed)) checkRule(rule, at, report);
    checkRollback(pipeline, placed, report);
  }
}

function checkResult(placed: PlacedCondition, report: Report): void {
  const { condition, gate, at } = placed;
  const allowed = ALLOWED_RESULTS[gate];
  if (condition.result === undefined || !allowed.includes(condition.result))
    report.add(
      `${at}.result`,
      'InvalidStageDeclaration',
      `The result of a condition in ${gate} must be ${allowed.join(' or ')}.`,
    );
  if (gate === 'beforeEntry' && condition.result === 'SKIP') checkSkipRules(placed, report);
}

function checkSkipRules({ condition, at }: PlacedCondition, report: Report): void {
  for (const [index, rule] of (condition.rules ?? []).entries()) {
    const provider = rule?.ruleTypeId?.provider;
    if (provider !== undefined && !SKIP_RULE_PROVIDERS.includes(provider))
      report.add(
        `${element(`${at}.rules`, index)}.ruleTypeId.provider`,
        'InvalidStageDeclaration',
        `An entry condition with the result SKIP may only have rules of ${SKIP_RULE_PROVIDERS.join(' and ')}.`,
      );
  }
}

function checkFailureGate({ stage, at }: PlacedStage, report: Report): void {
  const gate = stage.onFailure;
  if (gate === undefined) return;
  const where = `${at}.onFailure`;
  if (gate.result !== undefined && gate.conditions !== undefined)
    report.add(
      where,
      'InvalidStageDeclaration',
      `The following stage cannot have a failure exit gate configured with both top level result and conditions: '${shown(stage.name ?? '')}'. Keep one of them.`,
    );
  if (gate.result === undefined && gate.conditions === undefined)
    report.add(where, 'InvalidStageDeclaration', 'A failure gate needs a result (ROLLBACK or RETRY) or a condition.');
  if (gate.result === 'FAIL' || gate.result === 'SKIP')
    report.add(`${where}.result`, 'InvalidStageDeclaration', 'The result of a failure gate must be ROLLBACK or RETRY.');
  checkRetry(gate, `${where}.retryConfiguration`, report);
}

function checkRetry(gate: Draft<FailureConditions>, at: string, report: Report): void {
  const { result, retryConfiguration } = gate;
  if (result === 'RETRY' && retryConfiguration?.retryMode === undefined)
    report.add(
      at,
      'InvalidStageDeclaration',
      'RETRY needs a retryConfiguration with retryMode FAILED_ACTIONS or ALL_ACTIONS.',
    );
  if (result !== 'RETRY' && retryConfiguration !== undefined)
    report.add(
      at,
      'InvalidStageDeclaration',
      'A retryConfiguration goes with the result RETRY only, and without conditions.',
    );
}

function hasRollback(conditions: Draft<readonly ConditionDeclaration[]> | undefined): boolean {
  return (conditions ?? []).some((condition) => condition?.result === 'ROLLBACK');
}

function checkRollback(pipeline: DraftPipeline, placed: PlacedStage, report: Report): void {
  const { stage, at } = placed;
  const failsBack = stage.onFailure?.result === 'ROLLBACK' || hasRollback(stage.onFailure?.conditions);
  if (failsBack && pipeline.executionMode === 'PARALLEL')
    report.add(
      `${at}.onFailure`,
      'InvalidStageDeclaration',
      'Failure conditions with rollback result type cannot be added to a PARALLEL pipeline.',
    );
  const rollsBack = failsBack || hasRollback(stage.onSuccess?.conditions);
  if (rollsBack && actionsIn(placed).some((action) => categoryOf(action) === 'Source'))
    report.add(at, 'InvalidStageDeclaration', 'The stage with the sources cannot be rolled back; remove the ROLLBACK.');
}

function checkRule(rule: Draft<RuleDeclaration>, at: string, report: Report): void {
  const provider = rule.ruleTypeId?.provider;
  if (provider === undefined) return;
  const version = rule.ruleTypeId?.version ?? '1';
  const type = RULE_TYPES.find((candidate) => candidate.provider === provider);
  if (type === undefined || version !== '1') {
    report.add(`${at}.ruleTypeId`, 'InvalidStageDeclaration', () => {
      const providers = RULE_TYPES.map((candidate) => candidate.provider);
      const hint = didYouMean(provider, providers) || ` Known are, in version 1: ${providers.join(', ')}.`;
      return `There is no rule type '${shown(provider)}' of version ${shown(version)}.${hint}`;
    });
  } else checkRuleMembers(rule, type, { at, report });
}

interface RulePlace {
  readonly at: string;
  readonly report: Report;
}

function checkRuleMembers(rule: Draft<RuleDeclaration>, type: RuleType, place: RulePlace): void {
  checkRuleConfiguration(rule, type, place);
  const name = shown(rule.name ?? '');
  const { at, report } = place;
  if (type.needsCommands && (rule.commands ?? []).length === 0)
    report.add(`${at}.commands`, 'InvalidStageDeclaration', `Rule '${name}' must have a non-empty commands field.`);
  if (!type.needsCommands && rule.commands !== undefined)
    report.add(`${at}.commands`, 'InvalidStageDeclaration', `Rule '${name}' is no Commands rule; remove its commands.`);
}

function checkRuleConfiguration(rule: Draft<RuleDeclaration>, type: RuleType, { at, report }: RulePlace): void {
  const name = shown(rule.name ?? '');
  const configuration = rule.configuration ?? {};
  const known = [...type.required, ...type.optional];
  for (const key of type.required.filter((needed) => !Object.hasOwn(configuration, needed)))
    report.add(
      member(`${at}.configuration`, key),
      'InvalidStageDeclaration',
      `Configuration for rule '${name}' is missing required configuration '${key}'.`,
    );
  for (const key of Object.keys(configuration).filter((given) => !known.includes(given)))
    report.add(
      member(`${at}.configuration`, key),
      'InvalidStageDeclaration',
      () => `Configuration for rule '${name}' contains unknown configuration '${shown(key)}'.${didYouMean(key, known)}`,
    );
}
