import type { StageAwaited } from '@millrace/contracts/execution';

type Cause = StageAwaited['cause'];

const CAUSES = {
  locked: 'LOCKED',
  'transition-disabled': 'TRANSITION_DISABLED',
  'transition-expired': 'TRANSITION_EXPIRED',
} as const satisfies Record<Cause, string>;

/** The cause as the schema names it, and as a sentence. */
export function toWaiting(stage: string, cause: Cause, behind: string | undefined) {
  return { cause: CAUSES[cause], behind, explanation: explain(stage, cause, behind) };
}

function explain(stage: string, cause: Cause, behind: string | undefined): string {
  switch (cause) {
    case 'locked':
      return behind === undefined
        ? `Waits before ${stage}: another execution is inside.`
        : `Waits before ${stage}: execution ${behind} is inside.`;
    case 'transition-disabled':
      return `Waits before ${stage}: the transition is disabled.`;
    case 'transition-expired':
      return `Waits before ${stage}: the transition was disabled for more than 30 days; start a new execution.`;
  }
}
