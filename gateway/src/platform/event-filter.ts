import type { Category } from '@millrace/contracts';
import type { RecordedEvent } from '@millrace/event-store';
import { executionIdOf } from '../views/execution-id.js';

/** Which events; members are combined with and. The project is always one of them. */
export interface EventWish {
  readonly project: string;
  readonly types?: readonly string[] | undefined;
  readonly categories?: readonly Category[] | undefined;
  readonly pipelineId?: string | undefined;
  readonly executionId?: string | undefined;
  readonly actorId?: string | undefined;
  readonly correlationId?: string | undefined;
}

export function matches(wish: EventWish, event: RecordedEvent): boolean {
  return TESTS.every((test) => test(wish, event));
}

const TESTS: readonly ((wish: EventWish, event: RecordedEvent) => boolean)[] = [
  ({ project }, { metadata }) => metadata.project === project,
  ({ types }, { type }) => types === undefined || types.includes(type),
  ({ categories }, { category }) => categories === undefined || categories.includes(category),
  ({ pipelineId }, { metadata }) => pipelineId === undefined || metadata.pipelineId === pipelineId,
  ({ executionId }, event) => executionId === undefined || executionIdOf(event) === executionId,
  ({ actorId }, { metadata }) =>
    actorId === undefined || metadata.actor.id === actorId || metadata.actor.onBehalfOf?.id === actorId,
  ({ correlationId }, { metadata }) => correlationId === undefined || metadata.correlationId === correlationId,
];
