export { accept, refuse } from './decision.js';
export type { Accepted, Decision, RefusalDetail, Refused } from './decision.js';
export type { Command, Decider } from './decider.js';
export type { Actor, Role } from './actor.js';
export { uuidV5, NAMESPACES } from './uuid-v5.js';
