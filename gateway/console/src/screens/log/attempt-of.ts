import type { ExecutionState } from '../../api/generated/operations.js';

export type StageOf = ExecutionState['stages'][number];
export type ActionOf = StageOf['actions'][number];
export type AttemptOf = ActionOf['attempts'][number];

export interface Found {
  readonly stage: StageOf;
  readonly action: ActionOf;
  readonly attempt: AttemptOf;
}

export function attemptIn(execution: ExecutionState, attemptId: string): Found | undefined {
  for (const stage of execution.stages)
    for (const action of stage.actions) {
      const attempt = action.attempts.find(({ id }) => id === attemptId);
      if (attempt !== undefined) return { stage, action, attempt };
    }
  return undefined;
}
