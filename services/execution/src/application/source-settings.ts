import { configuredValue, findActionType, type ActionDeclaration } from '@millrace/contracts/pipeline-definition';

const SECOND_MS = 1_000;

/** Whether the platform looks at the source by itself. Case-insensitive `true` enables; absent is true (codepipeline-semantics, section 10.4). */
export function isPolled(action: ActionDeclaration): boolean {
  if (action.actionTypeId.category !== 'Source') return false;
  const type = findActionType(action.actionTypeId);
  return (
    type !== undefined && configuredValue(type, action.configuration, 'PollForSourceChanges')?.toLowerCase() === 'true'
  );
}

export function pollIntervalMs(action: ActionDeclaration): number {
  const type = findActionType(action.actionTypeId);
  const seconds = Number((type && configuredValue(type, action.configuration, 'PollIntervalSeconds')) ?? '30');
  return seconds * SECOND_MS;
}
