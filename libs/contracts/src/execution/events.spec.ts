import { describeFrozenExamples } from '../testing/frozen-examples.js';
import { executionEventTypes, type ExecutionEvent } from './execution.events.js';
import { sourceEventTypes, type SourceEvent } from './source.events.js';
import { trafficEventTypes, type TrafficEvent } from './traffic.events.js';

const action = ['stage', 'action', 'actionExecutionId'] as const;
const job = ['jobId', 'actionExecutionId'] as const;
const passage = ['executionId', 'stage'] as const;
const source = ['pipelineName', 'actionName'] as const;

describe('events of executions', () => {
  describeFrozenExamples<ExecutionEvent>({
    types: executionEventTypes,
    folder: new URL('./examples/execution/', import.meta.url),
    membersToday: {
      ExecutionStarted: [
        'executionId',
        'pipelineId',
        'pipelineName',
        'pipelineVersion',
        'trigger',
        'variables',
        'sourceRevisions',
        'stages',
        'ordinal',
      ],
      StageStarted: ['stage', 'actions'],
      StageRetried: ['stage', 'mode', 'retry'],
      ActionStarted: [
        ...action,
        'attempt',
        'actionTypeId',
        'runOrder',
        'work',
        'configuration',
        'inputArtifacts',
        'dueAt',
        'environmentVariables',
      ],
      JobOffered: [...job, 'attempt', 'labels'],
      JobLeased: [...job, 'leaseId', 'runnerId', 'nonceHash'],
      JobSucceeded: job,
      JobFailed: [...job, 'error'],
      JobReturned: [...job, 'reason'],
      JobLost: [...job, 'runnerId'],
      JobRevoked: [...job, 'reason'],
      JobEnded: [...job, 'how'],
      ActionFinished: [
        ...action,
        'status',
        'summary',
        'error',
        'outputVariables',
        'outputArtifacts',
        'revision',
        'externalExecutionId',
        'externalExecutionUrl',
        'updatedBy',
      ],
      StageFinished: ['stage', 'status'],
      StageVacated: ['stage', 'outcome'],
      StopRequested: ['abandon', 'reason'],
      CancellationRequested: ['reason'],
      ExecutionFinished: ['status', 'summary', 'supersededBy'],
    },
  });
});

describe('events of traffic', () => {
  describeFrozenExamples<TrafficEvent>({
    types: trafficEventTypes,
    folder: new URL('./examples/traffic/', import.meta.url),
    membersToday: {
      ExecutionAdmitted: [
        'executionId',
        'pipelineName',
        'pipelineVersion',
        'trigger',
        'variables',
        'missingVariables',
        'sourceRevisions',
        'stages',
        'ordinal',
      ],
      StageEntered: [...passage, 'pipelineName', 'pipelineVersion'],
      StageAwaited: [...passage, 'cause', 'behind'],
      StageLeft: [...passage, 'outcome'],
      ExecutionWithdrawn: [...passage, 'outcome'],
      ExecutionSuperseded: [...passage, 'by'],
      ExecutionOutdated: [...passage, 'waiting', 'reason'],
      RetryAdmitted: [...passage, 'mode'],
      TransitionDisabled: ['stage', 'reason', 'at'],
      TransitionEnabled: ['stage'],
    },
  });
});

describe('events of sources', () => {
  describeFrozenExamples<SourceEvent>({
    types: sourceEventTypes,
    folder: new URL('./examples/source/', import.meta.url),
    membersToday: {
      RevisionSeen: [...source, 'by', 'revision', 'previousRevisionId', 'commits'],
      SourceFailing: [...source, 'error'],
      SourceRecovered: source,
    },
  });
});
