import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogId } from '@millrace/action-logs';
import { FilesActionLogs } from '@millrace/action-logs/files';
import { streams, type JsonObject } from '@millrace/contracts';
import { artifactEventTypes } from '@millrace/contracts/artifact';
import { executionEventTypes, type ExecutionEvent } from '@millrace/contracts/execution';
import { SqliteEventStore } from '@millrace/event-store/sqlite';
import { directCommands, type CommandReceiver, type CommandReply, type CommandTarget } from '@millrace/messaging';
import { LogMessages } from '@millrace/messaging/log';
import { FilesObjectStore } from '@millrace/object-store/files';
import { createProjector, type Projector } from '@millrace/read-models';
import { SqliteReadModels } from '@millrace/read-models/sqlite';
import { silentLogger, systemTimers, type Timers } from '@millrace/runtime';
import { fakeTime, type FakeTime } from '@millrace/runtime/testing';
import { SERVICE } from '../../domain/testing/artifact.fixtures.js';
import { createArtifactService, type ArtifactService } from '../artifact-service.js';
import type { ArtifactPorts, Retention } from '../ports.js';

const WITHIN_MS = 4_000;
const PAUSE_MS_MAX = 1_000;

type Parts = Pick<
  House,
  'directory' | 'time' | 'store' | 'readModels' | 'objects' | 'logs' | 'messages' | 'ports' | 'service' | 'projector'
>;

/** The service on the real engines; time alone is the test's. */
export class House {
  #number = 0;
  readonly directory: string;
  readonly time: FakeTime;
  readonly store: SqliteEventStore;
  readonly readModels: SqliteReadModels;
  readonly objects: FilesObjectStore;
  readonly logs: FilesActionLogs;
  readonly messages: LogMessages;
  readonly ports: ArtifactPorts;
  readonly service: ArtifactService;
  readonly projector: Projector;

  private constructor(parts: Parts) {
    this.directory = parts.directory;
    this.time = parts.time;
    this.store = parts.store;
    this.readModels = parts.readModels;
    this.objects = parts.objects;
    this.logs = parts.logs;
    this.messages = parts.messages;
    this.ports = parts.ports;
    this.service = parts.service;
    this.projector = parts.projector;
  }

  static async open(retention: Partial<Retention> = {}): Promise<House> {
    const directory = await mkdtemp(join(tmpdir(), 'artifacts-'));
    const time = fakeTime();
    const store = await SqliteEventStore.open({ directory });
    const readModels = await SqliteReadModels.open({ directory });
    const objects = await FilesObjectStore.open({ directory });
    const logs = await FilesActionLogs.open({ directory });
    const messages = new LogMessages({ store, directory });
    const receivers = new Map<CommandTarget, CommandReceiver>();
    const commands = directCommands(receivers);
    const { clock } = time;
    // The removal's pauses are real: what it waits for, the projector, has real ones, too.
    const timers: Timers = {
      at: time.timers.at,
      after: (delayMs, callback) => (delayMs < PAUSE_MS_MAX ? systemTimers : time.timers).after(delayMs, callback),
    };
    const ports = { store, readModels, objects, logs, commands, clock, timers, logger: silentLogger, retention };
    const service = createArtifactService(ports);
    for (const [target, receiver] of service.receivers) receivers.set(target, receiver);
    const projector = createProjector({ store, readModels, projections: service.projections });
    await projector.start();
    await service.start(messages);
    return new House({ directory, time, store, readModels, objects, logs, messages, ports, service, projector });
  }

  async close(): Promise<void> {
    await this.service.stop();
    await this.messages.close();
    await this.projector.stop();
    await this.readModels.close();
    await this.store.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  async put(content: string): Promise<string> {
    const sha256 = createHash('sha256').update(content).digest('hex');
    await this.objects.put('default', Readable.from([content]), { sha256, size: Buffer.byteLength(content) });
    return sha256;
  }

  /** Puts the content and records it, as an upload does. */
  async upload(artifactId: string, content: string, executionId = 'e1'): Promise<string> {
    const sha256 = await this.put(content);
    const reply = await this.record(artifactId, { sha256, bytes: Buffer.byteLength(content), executionId });
    if (!reply.accepted) throw new Error(reply.message);
    return sha256;
  }

  record(artifactId: string, given: JsonObject): Promise<CommandReply> {
    const producer = {
      executionId: 'e1',
      pipelineName: 'shop',
      stage: 'Build',
      action: 'Compile',
      actionExecutionId: 'a1',
    };
    const receive = this.service.receivers.get('artifact');
    if (receive === undefined) throw new Error('Nobody receives.');
    return receive(
      { target: 'artifact', type: 'RecordArtifact', data: { ...producer, artifactId, name: artifactId, ...given } },
      { commandId: this.next('command'), project: 'default', actor: SERVICE, correlationId: 'request-1' },
    );
  }

  /** A fact of an execution, as its service would have recorded it. */
  async happened(executionId: string, type: ExecutionEvent['type'], data: object): Promise<void> {
    const stream = streams.execution('default', executionId);
    const { head } = await this.store.readStream(stream);
    const metadata = {
      id: this.next('event'),
      time: this.time.clock.now(),
      project: 'default',
      pipelineId: 'p1',
      executionId,
      commandId: this.next('command'),
      actor: SERVICE,
      correlationId: 'request-1',
    };
    const version = executionEventTypes.versions[type];
    await this.store.append(stream, head, [{ type, version, data: data as JsonObject, metadata }]);
  }

  async facts(key: string): Promise<readonly string[]> {
    const { events } = await this.store.readStream(streams.artifact('default', key));
    for (const event of events) artifactEventTypes.decode(event);
    return events.map(({ type }) => type);
  }

  isThere = async (sha256: string): Promise<boolean> => (await this.objects.stat('default', sha256)) !== undefined;

  log = (actionExecutionId: string, executionId = 'e1'): LogId => ({
    project: 'default',
    executionId,
    actionExecutionId,
  });

  /** Until the consumers and the views have seen everything. */
  async settled(): Promise<void> {
    await this.until(async () => {
      const { position } = await this.store.head();
      const consumers = await this.messages.consumers();
      return this.projector.checkpoint() >= position && consumers.every((consumer) => consumer.position >= position);
    });
    const parked = await this.messages.parked();
    if (parked.length > 0) throw new Error(parked[0]?.cause);
  }

  async until(condition: () => Promise<boolean>): Promise<void> {
    const giveUpAt = performance.now() + WITHIN_MS;
    while (!(await condition())) {
      if (performance.now() > giveUpAt) throw new Error('It did not come to pass.');
      await nextTurn();
    }
  }

  private next(what: string): string {
    this.#number += 1;
    return `${what}-${this.#number}`;
  }
}
