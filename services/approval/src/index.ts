export { createApprovalService } from './application/approval-service.js';
export type { ApprovalService } from './application/approval-service.js';
export type { ApprovalPorts } from './application/ports.js';
export { APPROVAL_SERVICE, ApprovalModule } from './approval.module.js';
