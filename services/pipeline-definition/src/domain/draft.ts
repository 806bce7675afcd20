import type {
  ActionDeclaration,
  ActionTypeId,
  PipelineDeclaration,
  StageDeclaration,
} from '@millrace/contracts/pipeline-definition';
import { unavailableNeedsV2, findActionType } from '@millrace/contracts/pipeline-definition';
import type { Draft } from './model/shape.js';
import { element, shown } from './violation.js';

export type DraftPipeline = Draft<PipelineDeclaration>;
export type DraftStage = Draft<StageDeclaration>;
export type DraftAction = Draft<ActionDeclaration>;

export interface PlacedStage {
  readonly stage: DraftStage;
  readonly index: number;
  /** `stages[0]` */
  readonly at: string;
}

export interface PlacedAction {
  readonly action: DraftAction;
  readonly stage: DraftStage;
  readonly stageIndex: number;
  /** `stages[0].actions[1]` */
  readonly at: string;
  readonly runOrder: number;
}

/** A point in an execution: what stands in an earlier stage, or in the same one with a lower runOrder, is over by then. */
export interface Moment {
  readonly stageIndex: number;
  readonly runOrder: number;
}

export function isBefore(earlier: Moment, later: Moment): boolean {
  if (earlier.stageIndex !== later.stageIndex) return earlier.stageIndex < later.stageIndex;
  return earlier.runOrder < later.runOrder;
}

export function stagesOf(pipeline: DraftPipeline): readonly PlacedStage[] {
  return (pipeline.stages ?? []).flatMap((stage, index) =>
    stage === undefined ? [] : [{ stage, index, at: element('stages', index) }],
  );
}

export function actionsIn({ stage, index, at }: PlacedStage): readonly PlacedAction[] {
  return (stage.actions ?? []).flatMap((action, position) =>
    action === undefined
      ? []
      : [
          {
            action,
            stage,
            stageIndex: index,
            at: element(`${at}.actions`, position),
            runOrder: action.runOrder ?? 1,
          },
        ],
  );
}

export function actionsOf(pipeline: DraftPipeline): readonly PlacedAction[] {
  return stagesOf(pipeline).flatMap(actionsIn);
}

/** Complete, or undefined when the model has already complained. */
export function actionTypeIdOf({ action }: PlacedAction): ActionTypeId | undefined {
  const { category, owner, provider, version } = action.actionTypeId ?? {};
  if (category === undefined || owner === undefined || provider === undefined || version === undefined)
    return undefined;
  return { category, owner, provider, version };
}

export function categoryOf(placed: PlacedAction): string | undefined {
  return placed.action.actionTypeId?.category;
}

/** `Action 'Unit'`, or `This action` where its name is missing. */
export function called(action: DraftAction): string {
  return action.name === undefined ? 'This action' : `Action '${shown(action.name)}'`;
}

/** CodePipeline has the action type in V2 pipelines only. */
export function actionNeedsV2(placed: PlacedAction): boolean {
  const id = actionTypeIdOf(placed);
  if (id === undefined) return false;
  return findActionType(id)?.needsV2 ?? unavailableNeedsV2(id);
}

export function hasGates({ stage }: PlacedStage): boolean {
  return stage.beforeEntry !== undefined || stage.onSuccess !== undefined || stage.onFailure !== undefined;
}

/** V1 unless something in it exists in V2 only; a type that was given is never overruled. */
export function pipelineTypeOf(pipeline: DraftPipeline): 'V1' | 'V2' {
  if (pipeline.pipelineType !== undefined) return pipeline.pipelineType;
  const mode = pipeline.executionMode ?? 'SUPERSEDED';
  const needsV2 =
    mode !== 'SUPERSEDED' ||
    (pipeline.variables ?? []).length > 0 ||
    (pipeline.triggers ?? []).length > 0 ||
    stagesOf(pipeline).some(hasGates) ||
    actionsOf(pipeline).some(actionNeedsV2);
  return needsV2 ? 'V2' : 'V1';
}
