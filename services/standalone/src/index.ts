export { standaloneConfig } from './config.js';
export type { StandaloneConfig } from './config.js';
export { startPlatform } from './platform.js';
export type { PlatformOptions } from './platform.js';
