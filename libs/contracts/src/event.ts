import type { Actor } from '@millrace/decider';
import type { JsonObject } from './json.js';

/** A fact as a decider writes it: a name and the facts' own data, plain JSON. */
export interface Fact<T extends string = string, D = unknown> {
  readonly type: T;
  readonly data: D;
}

/**
 * What is recorded beside the data, and hashed with it (docs/decisions/0003).
 * `id`, `type`, `version`, `stream`, `revision` and `time` repeat what the store knows, so that a chain can be checked without it.
 */
export interface EventMetadata {
  /** UUIDv5(commandId, index). */
  readonly id: string;
  readonly type: string;
  /** Schema version of the data, from 1. A released shape is never edited. */
  readonly version: number;
  readonly stream: string;
  /** 0-based place in the stream. */
  readonly revision: number;
  /** When the command was decided, ISO 8601 UTC with milliseconds. */
  readonly time: string;
  readonly project: string;
  /** Present on everything that belongs to one creation of a pipeline; project + pipelineId is the message key. */
  readonly pipelineId?: string;
  /** Present on everything that belongs to one execution. */
  readonly executionId?: string;
  readonly commandId: string;
  readonly actor: Actor;
  /** The same for everything that follows from one request. */
  readonly correlationId: string;
  /** The event or request that caused the command. */
  readonly causationId?: string;
  /** W3C trace context of the request. */
  readonly traceparent?: string;
}

/** An event as every reader gets it. */
export interface EventEnvelope<E extends Fact = Fact<string, JsonObject>> {
  readonly type: E['type'];
  readonly data: E['data'];
  readonly metadata: EventMetadata;
}

/** The event types of one context with the schema version that is written today. */
export interface EventTypes<T extends string> {
  readonly context: string;
  readonly versions: Readonly<Record<T, number>>;
  /** Older versions to today's, by type and version; applied one after the other. */
  readonly upcasters: Readonly<Record<string, Readonly<Record<number, (data: JsonObject) => JsonObject>>>>;
  /** `millrace.<context>.<type>.v<n>`: the event's name on a topic (CloudEvents `type`). */
  topicName(type: T, version: number): string;
  /**
   * Today's shape of a recorded event.
   *
   * @throws RangeError when the type or its version is unknown: the reader must stop at that stream (docs/decisions/0007).
   */
  decode<E extends Fact>(event: { readonly type: string; readonly version: number; readonly data: JsonObject }): E;
  knows(type: string): type is T;
}

export function eventTypes<T extends string>(
  context: string,
  versions: Readonly<Record<T, number>>,
  upcasters: EventTypes<T>['upcasters'] = {},
): EventTypes<T> {
  const known = new Map(Object.entries<number>(versions));
  return {
    context,
    versions,
    upcasters,
    topicName: (type, version) => `millrace.${context}.${type}.v${version}`,
    knows: (type): type is T => known.has(type),
    decode<E extends Fact>(event: { readonly type: string; readonly version: number; readonly data: JsonObject }): E {
      const today = known.get(event.type);
      if (today === undefined || event.version > today)
        throw new RangeError(
          `Unknown event ${event.type} version ${event.version} of context ${context}: written by a newer release?`,
        );
      let data = event.data;
      for (let version = event.version; version < today; version += 1) {
        const upcast = upcasters[event.type]?.[version];
        if (upcast === undefined) throw new RangeError(`No upcaster for ${event.type} version ${version}.`);
        data = upcast(data);
      }
      return { type: event.type, data } as unknown as E;
    },
  };
}
