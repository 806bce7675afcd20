export type { EventEnvelope, EventMetadata } from './event.js';
export { eventTypes } from './event.js';
export type { EventTypes, Fact } from './event.js';
export { CATEGORIES, DEFAULT_PROJECT, streams } from './streams.js';
export type { Category, StreamName } from './streams.js';
export type { Json, JsonObject } from './json.js';
