import type { RunnerJobs } from '@millrace/contracts/runner';
import type { EventStore } from '@millrace/event-store';
import type { CommandReceiver, Commands, CommandTarget, Messages, Subscription } from '@millrace/messaging';
import type { Projection, Views } from '@millrace/read-models';
import type { Clock, Ids, Timers } from '@millrace/runtime';
import { definitionReader } from './application/definition-reader.js';
import { JobSecrets } from './application/job-secrets.js';
import { policyConsumers, type PolicyPorts } from './application/policy-consumers.js';
import {
  executionReceiver,
  sourceReceiver,
  trafficReceiver,
  type Looks,
  type ReceiverPorts,
} from './application/receivers.js';
import { ExecutionRunnerJobs } from './application/runner-jobs.js';
import { SourceWatch } from './application/source-watch.js';
import { projections } from './projections.js';

export interface ExecutionPorts {
  readonly store: EventStore;
  readonly readModels: Views;
  readonly messages: Messages;
  readonly commands: Commands;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly timers: Timers;
  readonly logger: { debug(fields: object, sentence: string): void; warn(fields: object, sentence: string): void };
  /** 256 random bits; nonces and job tokens are derived from it. */
  readonly jobKey: Buffer;
  /** Time without a heartbeat after which a job is lost, ms. */
  readonly leaseTermMs: number;
  /** Named places where a test can end the process. */
  readonly fault: (point: 'lease' | 'report') => void;
}

export interface ExecutionService {
  /** To be given to the Projector. */
  readonly projections: readonly Projection[];
  readonly runnerJobs: RunnerJobs;
  readonly sources: Looks;
  /** Once the projector follows the log. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What decides the commands of this service. One set a process: they keep the states of their streams. */
export function executionReceivers(
  ports: Omit<ReceiverPorts, 'definitions'>,
  looks: Looks,
): ReadonlyMap<CommandTarget, CommandReceiver> {
  const withDefinitions = { ...ports, definitions: definitionReader(ports.store) };
  return new Map<CommandTarget, CommandReceiver>([
    ['traffic', trafficReceiver(withDefinitions)],
    ['execution', executionReceiver(withDefinitions)],
    ['source', sourceReceiver(withDefinitions, looks)],
  ]);
}

export function createExecutionService(ports: ExecutionPorts): ExecutionService {
  const secrets = new JobSecrets(ports.jobKey);
  const runnerJobs: ExecutionRunnerJobs = new ExecutionRunnerJobs({ ...ports, secrets }, () => sources);
  const sources = new SourceWatch({ ...ports, secrets, queue: runnerJobs.queue });
  const subscriptions: Subscription[] = [];
  return {
    projections,
    runnerJobs,
    sources,
    async start() {
      await runnerJobs.start();
      await sources.start();
      subscriptions.push(...(await subscribePolicies(ports)));
    },
    async stop() {
      await Promise.all(subscriptions.map((subscription) => subscription.stop()));
      await sources.stop();
      await runnerJobs.stop();
    },
  };
}

function subscribePolicies({ messages, commands, store, logger }: ExecutionPorts): Promise<readonly Subscription[]> {
  const onRefused: PolicyPorts['onRefused'] = (command, refusal) =>
    logger.debug(
      { target: command.target, type: command.type, code: refusal.code },
      'A policy found the other side already further on',
    );
  const consumers = policyConsumers({ store, commands, onRefused });
  return Promise.all(consumers.map(({ options, handler }) => messages.subscribe(options, handler)));
}
