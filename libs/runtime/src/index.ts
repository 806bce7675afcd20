export type { Clock, Ids, Timers, Timer } from './ports.js';
export { systemClock, systemIds, systemTimers } from './system.js';
export { OperationalError, isOperational } from './operational-error.js';
