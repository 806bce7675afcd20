import type { ArtifactEvent } from '@millrace/contracts/artifact';

/** One stream holds one artifact or one action's log. */
export type Holding =
  | { readonly status: 'absent' }
  | { readonly status: 'stored'; readonly sha256: string; readonly bytes: number }
  | { readonly status: 'expired' };

export const absentHolding: Holding = { status: 'absent' };

/** Never refuses: a fact has happened. */
export function evolveHolding(_holding: Holding, event: ArtifactEvent): Holding {
  switch (event.type) {
    case 'ArtifactStored':
    case 'LogClosed':
      return { status: 'stored', sha256: event.data.sha256, bytes: event.data.bytes };
    case 'ArtifactExpired':
    case 'LogExpired':
      return { status: 'expired' };
  }
}
