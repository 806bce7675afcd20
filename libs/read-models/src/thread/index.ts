export { hostProjector } from './projector-host.js';
export type { ProjectorHostOptions } from './projector-host.js';
export type { Channel, FromProjector, ToProjector } from './protocol.js';
export { RemoteProjector } from './remote-projector.js';
export type { ProjectorThread, RemoteProjectorOptions } from './remote-projector.js';
