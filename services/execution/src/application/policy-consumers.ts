import type { EventStore } from '@millrace/event-store';
import {
  policyConsumer,
  type Commands,
  type ConsumerOptions,
  type MessageHandler,
  type PolicyOptions,
} from '@millrace/messaging';
import { definitionReader } from './definition-reader.js';
import { admissionPolicy, definitionPolicy, revisionPolicy, vacancyPolicy } from './policies.js';

export interface PolicyPorts {
  readonly store: EventStore;
  readonly commands: Commands;
  readonly onRefused: NonNullable<PolicyOptions['onRefused']>;
}

export interface PolicyConsumer {
  readonly options: ConsumerOptions;
  readonly handler: MessageHandler;
}

/** Who hears of what: the whole of how traffic, executions, sources and definitions speak to each other. */
export function policyConsumers({ store, commands, onRefused }: PolicyPorts): readonly PolicyConsumer[] {
  const reads = { store, definitions: definitionReader(store) };
  const consumer = (options: ConsumerOptions, decide: PolicyOptions['decide']): PolicyConsumer => ({
    options,
    handler: policyConsumer({ name: options.name, commands, decide, onRefused }),
  });
  return [
    consumer(
      {
        name: 'execution.admission.v1',
        categories: ['traffic'],
        eventTypes: ['ExecutionAdmitted', 'StageEntered', 'RetryAdmitted', 'ExecutionSuperseded', 'ExecutionOutdated'],
      },
      (event) => admissionPolicy(event, reads),
    ),
    consumer(
      { name: 'execution.vacancy.v1', categories: ['execution'], eventTypes: ['StageVacated', 'ExecutionFinished'] },
      (event) => vacancyPolicy(event, reads),
    ),
    consumer({ name: 'execution.definition.v1', categories: ['pipeline'] }, definitionPolicy),
    consumer({ name: 'execution.revision.v1', categories: ['source'], eventTypes: ['RevisionSeen'] }, revisionPolicy),
  ];
}
