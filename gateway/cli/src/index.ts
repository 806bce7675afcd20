export { run } from './run.js';
export { EXIT, type ExitCode } from './failure.js';
export type { Surroundings } from './surroundings.js';
