export { ApiError, Refused } from './api.js';
export type { Api } from './api.js';
export {
  approvalToken,
  createAndStart,
  executionOf,
  executionThat,
  over,
  startExecution,
  attemptsOf,
} from './executions.js';
export type { ExecutionView } from './executions.js';
export { GitRepository } from './git-repository.js';
export { approval, commands, deploy, pipeline, source, stage } from './pipeline.js';
export type { Json } from './pipeline.js';
export { PlatformProcess } from './platform-process.js';
export type { PlatformSetting } from './platform-process.js';
export { until } from './wait.js';
