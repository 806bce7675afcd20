import { NAMESPACES, uuidV5, type Actor, type Decider } from '@millrace/decider';
import { streams, type Fact, type JsonObject, type StreamName } from '@millrace/contracts';
import type { ExecutionEvent, TrafficEvent } from '@millrace/contracts/execution';
import type { PipelineDeclaration } from '@millrace/contracts/pipeline-definition';
import { NEW_STREAM, type ReadStreamOptions, type RecordedEvent, type StreamSlice } from '@millrace/event-store';
import type { AddressedCommand } from '@millrace/messaging';
import type { Definition, DefinitionReader } from '../../application/definition-reader.js';
import { definitionFacts } from '../../application/plan.js';
import { admissionPolicy, vacancyPolicy, type PolicyReads } from '../../application/policies.js';
import { executionDecider } from '../execution.decider.js';
import type { Execution, Job, KnownExecution } from '../execution.state.js';
import { trafficDecider } from '../traffic.decider.js';
import type { Traffic } from '../traffic.state.js';
import { ADA } from './traffic.fixtures.js';

const PIPELINE_ID = 'p1';
const SERVICE: Actor = { kind: 'service', id: 'simulation', name: 'simulation', issuer: 'millrace' };

/** Numbers from a seed: the same seed is the same history, to the last event. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface StreamOf<S> {
  state: S;
  revision: number;
  readonly commands: Map<string, readonly Fact[]>;
}

interface Consumer {
  readonly name: string;
  readonly category: 'traffic' | 'execution';
  readonly decide: (event: RecordedEvent) => Promise<readonly AddressedCommand[]>;
  /** Messages up to here are handled; one key, so one after the other. */
  cursor: number;
}

/**
 * One pipeline's traffic and executions on a log in memory, glued by the real policies: messages arrive late and twice, appends conflict
 * between a read and the write that follows it.
 */
export class SimulatedWorld {
  readonly log: RecordedEvent[] = [];
  readonly executionIds: string[] = [];
  private readonly traffic: StreamOf<Traffic> = { state: trafficDecider.initial, revision: -1, commands: new Map() };
  private readonly executions = new Map<string, StreamOf<Execution>>();
  private readonly definitions: Definition[] = [];
  private readonly consumers: readonly Consumer[];
  private nowMs = Date.parse('2026-11-25T12:00:00.000Z');
  private commands = 0;
  private nested = false;

  constructor(
    readonly random: () => number,
    declaration: PipelineDeclaration,
    /** Runs between a read and the append that follows it. */
    private readonly meanwhile: (world: SimulatedWorld) => Promise<void>,
  ) {
    this.definitions.push({ pipelineId: PIPELINE_ID, version: 1, declaration });
    const definitions: DefinitionReader = {
      head: async () => this.definition(),
      version: async (_project, _name, { version }) => this.definitions[version - 1],
    };
    const reads: PolicyReads = {
      definitions,
      store: { readStream: async (stream, options) => this.read(stream, options) },
    };
    this.consumers = [
      { name: 'admission', category: 'traffic', decide: (event) => admissionPolicy(event, reads), cursor: 0 },
      { name: 'vacancy', category: 'execution', decide: (event) => vacancyPolicy(event, reads), cursor: 0 },
    ];
  }

  get trafficNow(): Traffic {
    return this.traffic.state;
  }

  executionNow(executionId: string): Execution {
    return this.executions.get(executionId)?.state ?? executionDecider.initial;
  }

  known(): readonly (readonly [string, KnownExecution])[] {
    return [...this.executions].flatMap(([id, { state }]) => (state.status === 'absent' ? [] : [[id, state] as const]));
  }

  jobs(status: Job['status']): readonly (readonly [string, Job])[] {
    return this.known().flatMap(([id, state]) =>
      [...state.jobs.values()].filter((job) => job.status === status).map((job) => [id, job] as const),
    );
  }

  eventsOf(executionId: string): readonly ExecutionEvent[] {
    return this.log.filter(
      (event) => event.category === 'execution' && event.metadata.executionId === executionId,
    ) as unknown as ExecutionEvent[];
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.random() * items.length)];
  }

  pass(ms: number): void {
    this.nowMs += ms;
  }

  definition(): Definition {
    const definition = this.definitions.at(-1);
    if (definition === undefined) throw new Error('There is a definition from the start.');
    return definition;
  }

  async update(): Promise<void> {
    const { pipelineId, version, declaration } = this.definition();
    this.definitions.push({ pipelineId, version: version + 1, declaration });
    await this.toTraffic('CancelOutdated', { version: version + 1, deleted: false });
  }

  async start(): Promise<void> {
    const executionId = uuidV5(NAMESPACES.execution, PIPELINE_ID, this.commands);
    this.executionIds.push(executionId);
    const trigger = { type: 'StartPipelineExecution', detail: 'Ada' };
    await this.toTraffic('StartExecution', {
      executionId,
      pipelineName: 'shop',
      clientToken: executionId,
      trigger,
      variables: [],
      sourceRevisions: [],
    });
  }

  /** Whether it was accepted. */
  toTraffic(type: string, data: object, commandId?: string): Promise<boolean> {
    const definition = definitionFacts(this.definition());
    return this.handle(
      trafficDecider as never,
      this.traffic,
      { type, data: { definition, ...data }, category: 'traffic' },
      commandId,
    );
  }

  toExecution(executionId: string, type: string, data: object, commandId?: string): Promise<boolean> {
    const stream = this.executions.get(executionId) ?? {
      state: executionDecider.initial,
      revision: -1,
      commands: new Map(),
    };
    this.executions.set(executionId, stream);
    return this.handle(
      executionDecider as never,
      stream,
      { type, data, category: 'execution', executionId },
      commandId,
    );
  }

  /** Hands the next message of some consumer over; now and then it hands over one that was handled before. False: there is none. */
  async deliver(): Promise<boolean> {
    const pending = this.consumers.filter((consumer) => this.next(consumer) !== undefined);
    const consumer = this.pick(pending);
    if (consumer === undefined) return false;
    const index = this.next(consumer) ?? 0;
    const repeated = this.random() < 0.1 ? Math.floor(this.random() * (index + 1)) : index;
    await this.hand(consumer, this.log[repeated]);
    if (repeated === index) consumer.cursor = index + 1;
    return true;
  }

  private read(stream: StreamName, { from = 0, limit }: ReadStreamOptions = {}): StreamSlice {
    const events = this.log.filter((event) => event.stream === stream).slice(from);
    return { events: events.slice(0, limit), head: NEW_STREAM };
  }

  private next({ category, cursor }: Consumer): number | undefined {
    const index = this.log.findIndex((event, position) => position >= cursor && event.category === category);
    return index < 0 ? undefined : index;
  }

  private async hand(consumer: Consumer, event: RecordedEvent | undefined): Promise<void> {
    if (event?.category !== consumer.category) return;
    for (const [index, command] of (await consumer.decide(event)).entries()) {
      const commandId = uuidV5(NAMESPACES.policy, event.metadata.id, consumer.name, index);
      if (command.target === 'traffic') await this.toTraffic(command.type, command.data, commandId);
      else await this.toExecution(command.executionId ?? '', command.type, command.data, commandId);
    }
  }

  private async handle<S>(
    decider: Decider<never, S, Fact>,
    stream: StreamOf<S>,
    command: {
      readonly type: string;
      readonly data: object;
      readonly category: 'traffic' | 'execution';
      readonly executionId?: string;
    },
    commandId = uuidV5(NAMESPACES.command, ++this.commands),
  ): Promise<boolean> {
    for (;;) {
      if (stream.commands.has(commandId)) return true;
      const read = stream.revision;
      const at = new Date(this.nowMs).toISOString();
      const decision = decider.decide({ ...command, at, by: SERVICE } as never, stream.state);
      await this.yieldPoint();
      if (stream.revision !== read) continue;
      if (!decision.accepted) return false;
      for (const [index, event] of decision.events.entries())
        this.append(decider, stream, event, { ...command, id: uuidV5(NAMESPACES.event, commandId, index) });
      if (decision.events.length > 0) stream.commands.set(commandId, decision.events);
      return true;
    }
  }

  /** From now on nothing happens but what is asked for. */
  calmDown(): void {
    this.nested = true;
  }

  private async yieldPoint(): Promise<void> {
    if (this.nested || this.random() > 0.15) return;
    this.nested = true;
    await this.meanwhile(this);
    this.nested = false;
  }

  private append<S>(
    decider: Decider<never, S, Fact>,
    stream: StreamOf<S>,
    event: Fact,
    {
      category,
      executionId,
      id,
    }: { readonly category: 'traffic' | 'execution'; readonly executionId?: string; readonly id: string },
  ): void {
    stream.state = decider.evolve(stream.state, event);
    stream.revision += 1;
    // What is stored is JSON: a state that only works on the decider's own objects would be found here.
    const data = JSON.parse(JSON.stringify(event.data)) as JsonObject;
    const name =
      executionId === undefined ? streams.traffic('default', PIPELINE_ID) : streams.execution('default', executionId);
    const metadata = {
      id,
      type: event.type,
      version: 1,
      stream: name,
      revision: stream.revision,
      time: '',
      project: 'default',
      pipelineId: PIPELINE_ID,
    };
    this.log.push({
      type: event.type,
      version: 1,
      stream: name,
      category,
      revision: stream.revision,
      position: BigInt(this.log.length + 1),
      data,
      metadata: {
        ...metadata,
        commandId: id,
        actor: ADA,
        correlationId: 'c',
        ...(executionId === undefined ? {} : { executionId }),
      },
      hash: '',
    });
  }
}

export type SimulatedEvent = TrafficEvent | ExecutionEvent;
