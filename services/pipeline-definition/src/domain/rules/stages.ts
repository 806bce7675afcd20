import {
  actionsIn,
  actionsOf,
  categoryOf,
  hasGates,
  pipelineTypeOf,
  stagesOf,
  type DraftPipeline,
  type PlacedStage,
} from '../draft.js';
import { shown, type Report } from '../violation.js';

const STAGES_MIN = 2;
const STAGES_MAX = 50;
const ACTIONS_PER_STAGE_MAX = 50;
const ACTIONS_PER_PIPELINE_MAX = 1000;

export function checkStages(pipeline: DraftPipeline, report: Report): void {
  if (pipeline.stages === undefined) return;
  checkCounts(pipeline, report);
  checkNames(stagesOf(pipeline), report);
  checkSources(stagesOf(pipeline), report);
  checkMode(pipeline, report);
}

function checkCounts(pipeline: DraftPipeline, report: Report): void {
  const count = pipeline.stages?.length ?? 0;
  if (count < STAGES_MIN)
    report.add(
      'stages',
      'InvalidStructure',
      `Pipeline has only ${count} stage(s). There should be a minimum of ${STAGES_MIN} stages in a pipeline: one with the sources, then one that does something with them.`,
    );
  if (count > STAGES_MAX)
    report.add(
      'stages',
      'InvalidStructure',
      `Pipeline has too many stages (${count}). There can only be up to ${STAGES_MAX} stages in a pipeline.`,
    );
  for (const placed of stagesOf(pipeline)) checkActionCount(placed, report);
  const total = actionsOf(pipeline).length;
  if (total > ACTIONS_PER_PIPELINE_MAX)
    report.add(
      'stages',
      'LimitExceeded',
      `A pipeline can have up to ${ACTIONS_PER_PIPELINE_MAX} actions, this one has ${total}.`,
    );
}

function checkActionCount({ stage, at }: PlacedStage, report: Report): void {
  const count = stage.actions?.length ?? 1;
  if (count === 0) report.add(`${at}.actions`, 'InvalidStageDeclaration', 'A stage needs at least one action.');
  if (count > ACTIONS_PER_STAGE_MAX)
    report.add(
      `${at}.actions`,
      'InvalidStageDeclaration',
      `A stage can have up to ${ACTIONS_PER_STAGE_MAX} actions, this one has ${count}; move some to another stage.`,
    );
}

function checkNames(stages: readonly PlacedStage[], report: Report): void {
  const stageNames = new Set<string>();
  for (const placed of stages) {
    const { name } = placed.stage;
    if (name !== undefined && stageNames.has(name))
      report.add(
        `${placed.at}.name`,
        'InvalidStageDeclaration',
        `Stage name '${shown(name)}' is used more than once; give this stage another.`,
      );
    if (name !== undefined) stageNames.add(name);
    checkActionNames(placed, report);
  }
}

function checkActionNames(placed: PlacedStage, report: Report): void {
  const names = new Set<string>();
  for (const { action, at } of actionsIn(placed)) {
    if (action.name === undefined) continue;
    if (names.has(action.name))
      report.add(
        `${at}.name`,
        'InvalidActionDeclaration',
        `Action name '${shown(action.name)}' is used more than once in this stage; give this action another.`,
      );
    names.add(action.name);
  }
}

/** Sources in the first stage, nothing else there, and none elsewhere. An action of unknown category counts as neither. */
function checkSources(stages: readonly PlacedStage[], report: Report): void {
  const first = stages.find(({ index }) => index === 0);
  if (first !== undefined) checkFirstStage(first, report);
  const others = stages.filter(({ index }) => index > 0).flatMap(actionsIn);
  for (const placed of others) {
    if (categoryOf(placed) !== 'Source') continue;
    report.add(
      `${placed.at}.actionTypeId.category`,
      'InvalidStructure',
      'Source actions can only be included in the first stage of the pipeline; move this one there.',
    );
  }
  const categories = stages.flatMap(actionsIn).map(categoryOf);
  if (categories.length > 0 && categories.every((category) => category === 'Source'))
    report.add('stages', 'InvalidStructure', 'Pipeline should contain at least 1 action whose category is not Source.');
}

function checkFirstStage(first: PlacedStage, report: Report): void {
  const rule = 'Pipeline should start with a stage that only contains source actions';
  const actions = actionsIn(first);
  for (const placed of actions) {
    const category = categoryOf(placed);
    if (category === undefined || category === 'Source') continue;
    report.add(
      `${placed.at}.actionTypeId.category`,
      'InvalidStructure',
      `${rule}; move this ${category} action to a later stage.`,
    );
  }
}

function checkMode(pipeline: DraftPipeline, report: Report): void {
  if (pipelineTypeOf(pipeline) === 'V2') return;
  if (pipeline.executionMode === 'QUEUED' || pipeline.executionMode === 'PARALLEL')
    report.add(
      'executionMode',
      'InvalidStructure',
      `QUEUED or PARALLEL mode can only be used with V2 pipelines; ${TO_V2}.`,
    );
  if ((pipeline.variables ?? []).length > 0)
    report.add('variables', 'InvalidStructure', `Pipeline variable can only be used with V2 pipelines; ${TO_V2}.`);
  if ((pipeline.triggers ?? []).length > 0)
    report.add('triggers', 'InvalidStructure', `Triggers on tag can only be used with V2 pipelines; ${TO_V2}.`);
  for (const placed of stagesOf(pipeline).filter(hasGates))
    report.add(
      placed.at,
      'InvalidStageDeclaration',
      `Stage level conditions can only be used with V2 pipelines; ${TO_V2}.`,
    );
}

export const TO_V2 = 'set pipelineType to V2';
