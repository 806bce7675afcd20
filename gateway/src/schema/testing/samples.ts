import { ACTION_TYPES } from '@millrace/contracts/pipeline-definition';
import type { RecordedEvent } from '@millrace/event-store';
import type { Projection } from '@millrace/read-models';
import { toToken, toTokenIssued, toTokenRefused, toTokenRevoked, toViewer } from '../../access/token.presenter.js';
import type { TokenDocument } from '../../access/tokens.projection.js';
import { tokensProjection } from '../../access/tokens.projection.js';
import type { ApprovalDocument } from '../../approval/approval.document.js';
import { toApproval, toApprovalRefusal, toVoteAccepted } from '../../approval/approval.presenter.js';
import { approvalsProjection } from '../../approval/approvals.projection.js';
import type { ArtifactDocument } from '../../artifact/artifact.document.js';
import { toArtifact, toLogChunk, toLogInfo } from '../../artifact/artifact.presenter.js';
import { artifactsProjection } from '../../artifact/artifacts.projection.js';
import type { ExecutionDocument } from '../../execution/execution.document.js';
import {
  toExecution,
  toExecutionChange,
  toExecutionRefusal,
  toLookRequested,
  toTransitionChange,
} from '../../execution/execution.presenter.js';
import { toWorkWaiting } from '../../execution/work-waiting.js';
import { executionsProjection } from '../../execution/executions.projection.js';
import type { PipelineDocument, PipelineVersionDocument } from '../../pipeline-definition/pipeline.document.js';
import {
  toActionType,
  toPipeline,
  toPipelineDeleted,
  toPipelineRefusal,
  toPipelineSaved,
  toValidation,
  toVersion,
} from '../../pipeline-definition/pipeline.presenter.js';
import { toPipelineChange } from '../../pipeline-definition/pipeline-subscriptions.resolver.js';
import { pipelinesProjection } from '../../pipeline-definition/pipelines.projection.js';
import { versionsProjection } from '../../pipeline-definition/versions.projection.js';
import { toEvent, toParkedSettled, toPlatform, toRebuilt } from '../../platform/platform.presenter.js';
import { toConnection, type StoredView, type ViewPage } from '../../views/connection.js';
import { ADA, at, foldAll, recorded, type Happening } from '../../views/testing/log.js';
import {
  actionId,
  admitted,
  awaited,
  created,
  entered,
  finished,
  of,
  started,
  traffic,
} from '../../views/testing/shop.js';

const REVISION = { revisionId: 'c0ffee', summary: 'fix: cart' };
const copy = { jobId: 'J1', actionExecutionId: actionId('E1', 'Copy') };
const approval = {
  actionExecutionId: actionId('E1', 'Gate'),
  executionId: 'E1',
  pipelineName: 'shop',
  stage: 'Approve',
  action: 'Gate',
};
const service = { kind: 'service', id: 'policy', name: 'policy', issuer: 'millrace', onBehalfOf: ADA } as const;

/** A history in which everything that can be shown has happened. */
const HISTORY: readonly Happening[] = [
  created,
  admitted('E1', 1, { actor: service }),
  entered('E1', 'Source'),
  started('E1', ['Source', 'Checkout']),
  finished('E1', ['Source', 'Checkout'], { revision: REVISION, outputVariables: { CommitId: 'c0ffee' } }),
  started('E1', ['Approve', 'Gate'], { work: 'approval' }),
  {
    category: 'approval',
    event: { type: 'ApprovalRequested', data: { ...approval, summaryRequired: false, expiresAt: at(60) } },
  },
  {
    category: 'approval',
    event: { type: 'ApprovalGranted', data: { ...approval, summary: 'ok', by: ADA, answeredAt: at(7) } },
  },
  entered('E1', 'Deploy'),
  started('E1', ['Deploy', 'Copy'], { inputArtifacts: [{ name: 'App', sha256: 'ab', bytes: 1 }] }),
  of('E1', { type: 'JobOffered', data: { ...copy, attempt: 1, labels: [] } }),
  finished('E1', ['Deploy', 'Copy'], {
    status: 'Failed',
    error: { code: 'JobFailed', message: 'no' },
    outputArtifacts: [{ name: 'Manifest', sha256: 'ab', bytes: 1 }],
  }),
  of('E1', { type: 'StopRequested', data: { abandon: false } }),
  awaited('E1', 'Deploy', 'E0'),
  traffic({ type: 'TransitionDisabled', data: { stage: 'Deploy', reason: 'freeze', at: at(0) } }),
  {
    category: 'source',
    event: {
      type: 'RevisionSeen',
      data: { pipelineName: 'shop', actionName: 'Checkout', by: 'poll', revision: REVISION, commits: [] },
    },
  },
  {
    category: 'source',
    event: {
      type: 'SourceFailing',
      data: { pipelineName: 'shop', actionName: 'Checkout', error: { code: 'PermissionError', message: 'no key' } },
    },
  },
  {
    category: 'artifact',
    event: {
      type: 'ArtifactStored',
      data: { ...approval, artifactId: 'P1', name: 'App', sha256: 'ab', bytes: 1 },
    },
  },
  {
    category: 'token',
    event: { type: 'TokenCreated', data: { tokenId: 'T1', name: 'ci', role: 'viewer', secretHash: 'ab' } },
  },
];

const events = recorded(HISTORY);
const [event] = events;

function first<D>(projection: Projection): StoredView<D> {
  const [[id, document] = []] = [...foldAll<D>(projection, events)];
  if (id === undefined || document === undefined) throw new Error(`${projection.name} made nothing of the history.`);
  return { id, document, position: 1n };
}

function page<D>(view: StoredView<D>): ViewPage<D> {
  return { items: [{ ...view, cursor: 'c' }], hasMore: false };
}

const refusal = { accepted: false, code: 'CONFLICT', message: 'No.' } as const;
const accepted = { accepted: true, commandId: 'c', position: 'log.1', visible: true, events: [] } as const;
const wish = { first: 1 };

/** What the presenters make, by the type that the schema says it is. */
export function* samples(): Iterable<readonly [string, unknown]> {
  const pipeline = first<PipelineDocument>(pipelinesProjection);
  const version = first<PipelineVersionDocument>(versionsProjection);
  const execution = first<ExecutionDocument>(executionsProjection);
  yield* pipelineSamples(pipeline, version);
  yield ['ExecutionConnection', toConnection(page(execution), wish, toExecution)];
  yield ['ExecutionChange', toExecutionChange('E1', accepted, execution)];
  yield ['ExecutionRefused', toExecutionRefusal(refusal)];
  yield ['TransitionChange', toTransitionChange('shop', accepted)];
  yield ['LookRequested', toLookRequested('shop', accepted)];
  yield ['Commit', { id: 'a', summary: 'b', author: 'c', committedAt: at(0) }];
  const asked = first<ApprovalDocument>(approvalsProjection);
  yield ['ApprovalConnection', toConnection(page(asked), wish, toApproval)];
  yield ['VoteAccepted', toVoteAccepted(accepted, asked)];
  yield ['ApprovalRefused', toApprovalRefusal(refusal)];
  const stored = first<ArtifactDocument>(artifactsProjection);
  yield ['ArtifactConnection', toConnection(page(stored), wish, ({ document }) => toArtifact(document))];
  yield ['LogInfo', toLogInfo('A1', { bytes: 1, closed: false, dropped: 0 })];
  yield ['LogChunk', toLogChunk(0, { bytes: new Uint8Array(1), state: { bytes: 1, closed: true } })];
  yield ['WorkWaiting', toWorkWaiting({ labels: ['gpu'], since: at(0) })];
  yield* platformSamples();
  yield* accessSamples();
}

function* pipelineSamples(
  pipeline: StoredView<PipelineDocument>,
  version: StoredView<PipelineVersionDocument>,
): Iterable<readonly [string, unknown]> {
  yield ['PipelineConnection', toConnection(page(pipeline), wish, toPipeline)];
  yield ['PipelineVersionConnection', toConnection(page(version), wish, ({ document }) => toVersion(document))];
  yield ['PipelineChange', toPipelineChange(pipeline)];
  yield ['PipelineSaved', toPipelineSaved({ name: 'shop', pipelineId: 'p', version: 1 }, accepted, pipeline)];
  yield ['PipelineDeleted', toPipelineDeleted('shop', accepted)];
  yield ['PipelineRefused', toPipelineRefusal(refusal)];
  yield ['PipelineInvalid', toPipelineRefusal({ ...refusal, code: 'INVALID_DEFINITION' })];
  yield ['PipelineValidation', toValidation({ ok: false, violations: [{ path: '', message: 'Empty.' }] })];
  for (const type of ACTION_TYPES) yield ['ActionType', toActionType(type)];
}

function* platformSamples(): Iterable<readonly [string, unknown]> {
  yield ['EventConnection', toConnection(page<RecordedEvent>(eventView()), wish, ({ document }) => toEvent(document))];
  const installation = { version: '1', nodeVersion: 'v24', startedAt: at(0), logId: 'log' };
  yield [
    'Platform',
    toPlatform(installation, {
      head: { position: 1n, hash: '0' },
      projections: [{ name: 'p', checkpoint: 1n, lag: 0 }],
      consumers: [{ name: 'c', position: 1n, lag: 0, parked: 1 }],
      parked: [
        {
          ...{ id: 'm', consumer: 'c', key: 'k', position: 1n, eventId: 'e', eventType: 'StageLeft', cause: 'no' },
          ...{ attempts: 5, parkedAt: at(0) },
        },
      ],
      work: {
        offered: 0,
        leased: 0,
        runners: [{ runnerId: 'r', name: 'r', labels: [], jobs: 0, lastSeenAt: at(0) }],
      },
      disk: { totalBytes: 2, freeBytes: 1 },
    }),
  ];
  yield ['ProjectionRebuilt', toRebuilt({ accepted: true, name: 'p', documents: 1, durationMs: 1 })];
  yield ['ParkedSettled', toParkedSettled({ accepted: true, id: 'm' })];
  yield ['PlatformRefused', toParkedSettled(refusal)];
}

function* accessSamples(): Iterable<readonly [string, unknown]> {
  const token = first<TokenDocument>(tokensProjection as unknown as Projection);
  yield ['TokenConnection', toConnection(page(token), wish, ({ document }) => toToken(document))];
  yield ['TokenIssued', toTokenIssued('T1', 'secret', accepted)];
  yield ['TokenRevoked', toTokenRevoked('T1', accepted)];
  yield ['TokenRefused', toTokenRefused(refusal)];
  yield ['Viewer', toViewer({ tokenId: 'T1', name: 'ci', role: 'viewer', actor: ADA, project: 'default' })];
}

function eventView(): StoredView<RecordedEvent> {
  if (event === undefined) throw new Error('The history is empty.');
  return { id: 'e', document: event, position: 1n };
}
