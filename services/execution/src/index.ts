export { createExecutionService, executionReceivers } from './execution.service.js';
export type { ExecutionPorts, ExecutionService } from './execution.service.js';
