import type { ActionDeclaration, PipelineDeclaration } from '@millrace/contracts/pipeline-definition';
import { compact } from '../views/view-projection.js';
import type { ActionDocument, SourceDocument, StageDocument } from './pipeline.document.js';

/**
 * The stages of a declaration, with the state that stages and actions of the same name already have: what was not entered again since an
 * update keeps the execution of the older version (codepipeline-api, section 7.1).
 */
export function declaredStages(
  declaration: PipelineDeclaration,
  known: readonly StageDocument[],
): readonly StageDocument[] {
  return declaration.stages.map((stage) => {
    const before = known.find(({ name }) => name === stage.name);
    return compact({
      name: stage.name,
      transition: before?.transition ?? { enabled: true },
      inbound: before?.inbound ?? [],
      ...(before?.latest === undefined ? {} : { latest: before.latest }),
      actions: stage.actions.map((action) => declaredAction(action, before?.actions ?? [])),
    });
  });
}

function declaredAction(action: ActionDeclaration, known: readonly ActionDocument[]): ActionDocument {
  const before = known.find(({ name }) => name === action.name);
  const entityUrl = webUrl(action.configuration['ExternalEntityLink'] ?? action.configuration['RepositoryUrl']);
  return {
    name: action.name,
    actionTypeId: action.actionTypeId,
    runOrder: action.runOrder,
    ...(entityUrl === undefined ? {} : { entityUrl }),
    ...(before?.currentRevision === undefined ? {} : { currentRevision: before.currentRevision }),
    ...(before?.latest === undefined ? {} : { latest: before.latest }),
  };
}

export function declaredSources(
  declaration: PipelineDeclaration,
  known: readonly SourceDocument[],
): readonly SourceDocument[] {
  return declaration.stages.flatMap((stage) =>
    stage.actions
      .filter((action) => action.actionTypeId.category === 'Source')
      .map(
        (action) =>
          known.find(({ actionName }) => actionName === action.name) ?? {
            stageName: stage.name,
            actionName: action.name,
            healthy: true,
          },
      ),
  );
}

/** Only what a browser may follow; a reference that is not resolved yet is no link. */
export function webUrl(text: string | undefined): string | undefined {
  return text !== undefined && /^https?:\/\/[^\s#]+(#(?!\{)\S*)?$/.test(text) ? text : undefined;
}
