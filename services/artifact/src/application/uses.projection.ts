import type { JsonObject } from '@millrace/contracts';
import { executionEventTypes, type ActionStarted, type ExecutionEvent } from '@millrace/contracts/execution';
import type { RecordedEvent } from '@millrace/event-store';
import type { Projection } from '@millrace/read-models';

/** What a deployment has put in place. */
interface Release extends JsonObject {
  readonly executionId: string;
  readonly sha256s: readonly string[];
}

/** The releases of one deploy action that are, or may still be, in use. */
export interface DeploymentDocument extends JsonObject {
  /** By action execution, until it ends. */
  readonly running: { readonly [actionExecutionId: string]: (Release & { readonly keep: number }) | undefined };
  /** Newest first; as many as the target keeps. */
  readonly releases: readonly Release[];
  readonly project: string;
}

/** An execution that is under way: any of its artifacts may be wanted yet. */
export interface ActiveExecutionDocument extends JsonObject {
  readonly executionId: string;
}

export const DEPLOYMENTS = 'artifact-deployments';
export const ACTIVE_EXECUTIONS = 'artifact-active-executions';

/** The default of the provider `Files`; more than nothing for those of which we don't know what they keep. */
const RELEASES_KEPT = 5;
/** The one that is in place, and the one that a failing release goes back to. */
const RELEASES_KEPT_MIN = 2;

/** What must not expire since it is deployed. One document a deploy action of a pipeline. */
export const deploymentsProjection: Projection = {
  name: 'artifact.deployments.v1',
  collection: { name: DEPLOYMENTS, indexes: [{ name: 'project', fields: ['project'] }] },
  touches: (event) => {
    const { metadata, data, type } = event;
    if (event.category !== 'execution' || (type !== 'ActionStarted' && type !== 'ActionFinished')) return [];
    return [[metadata.project, metadata.pipelineId, data['stage'], data['action']].join('/')];
  },
  fold: (document, event) => foldDeployment(document as DeploymentDocument | undefined, event),
};

function foldDeployment(
  document: DeploymentDocument | undefined,
  event: RecordedEvent,
): DeploymentDocument | undefined {
  const fact = executionEventTypes.decode<ExecutionEvent>(event);
  const { project, executionId } = event.metadata;
  if (fact.type === 'ActionStarted' && fact.data.actionTypeId.category === 'Deploy' && executionId !== undefined)
    return { project, ...begun(document, fact.data, executionId) };
  if (fact.type !== 'ActionFinished' || document === undefined) return document;
  const { [fact.data.actionExecutionId]: ended, ...running } = document.running;
  if (ended === undefined) return document;
  const { keep, ...release } = ended;
  const releases =
    fact.data.status === 'Succeeded' ? [release, ...document.releases].slice(0, keep) : document.releases;
  const isEmpty = releases.length === 0 && Object.keys(running).length === 0;
  return isEmpty ? undefined : { project, running, releases };
}

function begun(
  document: DeploymentDocument | undefined,
  started: ActionStarted,
  executionId: string,
): Pick<DeploymentDocument, 'running' | 'releases'> {
  const kept = Number(started.configuration['KeepReleases'] ?? RELEASES_KEPT);
  const release = {
    executionId,
    sha256s: started.inputArtifacts.map(({ sha256 }) => sha256),
    keep: Math.max(Number.isInteger(kept) ? kept : RELEASES_KEPT, RELEASES_KEPT_MIN),
  };
  return {
    running: { ...document?.running, [started.actionExecutionId]: release },
    releases: document?.releases ?? [],
  };
}

/** What must not expire since it is being worked on. One document an execution, as long as that takes. */
export const activeExecutionsProjection: Projection = {
  name: 'artifact.active-executions.v1',
  collection: { name: ACTIVE_EXECUTIONS, indexes: [] },
  touches: (event) => (changesActivity(event) ? [event.stream] : []),
  fold: (_document, event): ActiveExecutionDocument | undefined =>
    event.type === 'ExecutionFinished' ? undefined : { executionId: event.metadata.executionId ?? '' },
};

function changesActivity({ category, type }: RecordedEvent): boolean {
  // A finished execution goes on when one of its stages is retried.
  return category === 'execution' && ['ExecutionStarted', 'StageRetried', 'ExecutionFinished'].includes(type);
}
