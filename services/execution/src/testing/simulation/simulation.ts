import { DEFAULT_PROJECT, streams, type JsonObject } from '@millrace/contracts';
import { NAMESPACES, uuidV5, type Actor } from '@millrace/decider';
import { memorySnapshots, type Envelope, type RecordedEvent } from '@millrace/event-store';
import { directCommands, type AddressedCommand, type CommandReply, type Commands } from '@millrace/messaging';
import { isOperational, type Clock } from '@millrace/runtime';
import { ActionJobs } from '../../application/action-jobs.js';
import { JobSecrets } from '../../application/job-secrets.js';
import { policyConsumers, type PolicyConsumer } from '../../application/policy-consumers.js';
import { executionReceivers } from '../../execution.service.js';
import type { Choices } from './choices.js';
import { Laws } from './laws.js';
import { SimulatedLog } from './simulated-log.js';

const ADA: Actor = { kind: 'person', id: 'ada', name: 'Ada', issuer: 'millrace' };
const START_MS = Date.parse('2026-11-25T12:00:00.000Z');
const PROCESSES = 2;
const LEASE_TERM_MS = 30_000;
/** Far more than any run needs; a run that gets there goes in circles. */
const STEPS_MAX = 50_000;
/** Messages that a consumer may handle again, at most. */
const REWIND_MAX = 12;

/** One instance of the service: its own caches, the shared log. */
export interface Process {
  readonly id: number;
  readonly commands: Commands;
  readonly policies: readonly PolicyConsumer[];
  readonly jobs: ActionJobs;
}

/** The messages of one consumer with one key, in order. */
interface Queue {
  readonly name: string;
  /** Of the consumer, in the list of all. */
  readonly consumer: number;
  readonly events: RecordedEvent[];
  next: number;
  handledBy?: number;
}

/**
 * Two instances of the execution service on one log: real receivers, deciders and policies. Between any two things that they do anything
 * else may happen: messages come late and again, in any order of their consumers, processes die, people and runners act.
 */
export class Simulation {
  readonly laws = new Laws();
  readonly log: SimulatedLog;
  readonly story: string[] = [];
  readonly clock: Clock = { now: () => new Date(this.nowMs).toISOString(), nowMs: () => this.nowMs };
  private readonly secrets = new JobSecrets(Buffer.alloc(32, 7));
  private nowMs = START_MS;
  private readonly snapshots = memorySnapshots();
  private readonly processes: Process[] = [];
  private readonly queues = new Map<string, Queue>();
  private readonly failures: unknown[] = [];
  private incarnations = 0;
  private asked = 0;
  private steps = 0;

  constructor(readonly choices: Choices) {
    this.log = new SimulatedLog((events) => {
      for (const event of events) this.appended(event);
    });
    while (this.processes.length < PROCESSES) this.processes.push(this.startProcess());
  }

  /** One thing happens that was to happen anyway; false when there is none. */
  async advance(): Promise<boolean> {
    const queues = this.open();
    const { pending } = this.log;
    const choice = this.choices.below(Math.max(pending.length + queues.length, 1));
    const step = pending[choice];
    const queue = queues[choice - pending.length];
    if (step === undefined && queue === undefined) return false;
    if (step !== undefined) {
      pending.splice(choice, 1);
      this.tell(`p${step.process} ${step.kind}s ${step.what}`);
      step.run();
    } else if (queue !== undefined) this.deliver(queue);
    await this.settle();
    return true;
  }

  /** Until nothing is under way and nothing deliverable. */
  async rest(): Promise<void> {
    while (await this.advance());
    this.laws.atRest();
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.tell(`${ms} ms pass`);
  }

  /** Somebody asks for something; the answer comes when it comes, or never when the process dies. */
  ask(what: string, work: (process: Process) => Promise<unknown>): void {
    const process = this.somebody();
    this.tell(`p${process.id} is asked: ${what}`);
    work(process).catch((error: unknown) => this.failed(what, error));
  }

  /** @param given - a command that somebody sends again has its first id. */
  send(
    { commands }: Process,
    command: AddressedCommand,
    given: Partial<Pick<Envelope, 'commandId' | 'pipelineId'>> = {},
  ): Promise<CommandReply> {
    const { executionId } = command;
    const envelope = { project: DEFAULT_PROJECT, actor: ADA, correlationId: 'simulation', commandId: this.newId() };
    return commands.send(command, { ...envelope, ...(executionId === undefined ? {} : { executionId }), ...given });
  }

  newId(): string {
    this.asked += 1;
    return uuidV5(NAMESPACES.command, 'simulation', this.asked);
  }

  /** A process dies with what it had under way, and another takes its place and its messages. */
  crash(): void {
    const index = this.choices.below(PROCESSES);
    const process = this.processes[index];
    if (process === undefined) return;
    this.tell(`p${process.id} dies`);
    for (const queue of this.queues.values()) if (queue.handledBy === process.id) delete queue.handledBy;
    this.processes[index] = this.startProcess();
    this.log.kill(process.id, () => this.choices.onceIn(2));
  }

  /** A consumer's position was not stored before it stopped: it handles again what it has handled. */
  rewind(): void {
    const idle = [...this.queues.values()].filter(({ handledBy, next }) => handledBy === undefined && next > 0);
    const queue = this.choices.pick(idle);
    if (queue === undefined) return;
    const by = 1 + this.choices.below(Math.min(queue.next, REWIND_MAX));
    queue.next -= by;
    this.tell(`${queue.name} handles ${by} messages again`);
  }

  /** What the owner of definitions records. */
  define(
    type: 'PipelineCreated' | 'PipelineUpdated' | 'PipelineDeleted',
    pipelineId: string,
    data: { name: string },
  ): void {
    const stream = streams.pipeline(DEFAULT_PROJECT, data.name);
    const id = this.newId();
    this.tell(type);
    const of = { id, commandId: id, time: this.clock.now(), project: DEFAULT_PROJECT, pipelineId };
    this.log.append(stream, this.log.head(stream), [
      {
        type,
        version: 1,
        data: { pipelineId, ...data } as JsonObject,
        metadata: { ...of, actor: ADA, correlationId: 'simulation' },
      },
    ]);
  }

  private tell(what: string): void {
    this.story.push(what);
  }

  private startProcess(): Process {
    this.incarnations += 1;
    const id = this.incarnations;
    const { clock, snapshots, secrets } = this;
    const store = this.log.storeOf(id);
    const commands = directCommands(executionReceivers({ store, clock, snapshots }, { lookNow: () => true }));
    return {
      id,
      commands,
      policies: policyConsumers({ store, commands, onRefused: () => undefined }),
      jobs: new ActionJobs({ commands, secrets, clock, leaseTermMs: LEASE_TERM_MS }),
    };
  }

  private somebody(): Process {
    const process = this.processes[this.choices.below(PROCESSES)];
    if (process === undefined) throw new Error('No process runs.');
    return process;
  }

  private appended(event: RecordedEvent): void {
    this.tell(`    ${event.stream} #${event.revision} ${event.type} ${JSON.stringify(event.data).slice(0, 200)}`);
    this.laws.observe(event);
    const [process] = this.processes;
    process?.policies.forEach(({ options }, consumer) => {
      const wanted = options.categories.includes(event.category) && options.eventTypes?.includes(event.type) !== false;
      if (wanted) this.queueOf(options.name, consumer, event.metadata.pipelineId ?? event.stream).events.push(event);
    });
  }

  private queueOf(name: string, consumer: number, key: string): Queue {
    const id = `${name} ${key}`;
    const queue = this.queues.get(id) ?? { name, consumer, events: [], next: 0 };
    this.queues.set(id, queue);
    return queue;
  }

  private open(): Queue[] {
    return [...this.queues.values()].filter(
      ({ handledBy, next, events }) => handledBy === undefined && next < events.length,
    );
  }

  private deliver(queue: Queue): void {
    const event = queue.events[queue.next];
    const process = this.somebody();
    const policy = process.policies[queue.consumer];
    if (event === undefined || policy === undefined) return;
    this.tell(`p${process.id} handles ${event.type} for ${queue.name}`);
    queue.handledBy = process.id;
    const over = (handled: number): void => {
      // Another may have taken over when the process died.
      if (queue.handledBy !== process.id) return;
      delete queue.handledBy;
      queue.next += handled;
    };
    policy.handler({ event, key: '' }).then(
      () => over(1),
      (error: unknown) => {
        this.failed(queue.name, error);
        over(0);
      },
    );
  }

  /** Contention is repeated; everything else that is thrown is a defect. */
  private failed(what: string, error: unknown): void {
    if (isOperational(error) && error.code === 'CONTENDED') this.tell(`${what}: contended`);
    else this.failures.push(error);
  }

  /** Lets promises go as far as they can without the log. */
  private async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.steps += 1;
    if (this.steps > STEPS_MAX) throw new Error('The simulation goes in circles.');
    if (this.failures.length > 0) throw this.failures[0];
  }
}
