export { Runner, startRunner } from './runner.js';
export type { RunnerEnd, RunnerOptions } from './runner.js';
export { runnerConfig } from './config.js';
export type { RunnerConfig } from './config.js';
export { jsonLinesLogger } from './logger.js';
export type { Logger } from './logger.js';
export { ActionFailed } from './providers/provider.js';
export type { ActionContext, ActionProvider, LookContext, LookOutcome, Outcome } from './providers/provider.js';
export { providers } from './providers/table.js';
