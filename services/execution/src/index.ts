export { createExecutionService, executionReceivers } from './execution.service.js';
export type { ExecutionPorts, ExecutionService } from './execution.service.js';
export { EXECUTION_SERVICE, ExecutionModule } from './execution.module.js';
