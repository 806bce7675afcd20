export { standaloneConfig } from './config.js';
export type { StandaloneConfig } from './config.js';
export { startPlatform } from './platform.js';
export type { PlatformOptions, RunningPlatform } from './platform.js';
