import { createHash } from 'node:crypto';

/** Namespaces for identifiers that are derived and therefore the same when a command is repeated. Never change one. */
export const NAMESPACES = {
  /** Event ids: UUIDv5(commandId, index). */
  event: '8f5f7a52-9a2e-5d0d-8a0a-6f0c5c1b7a01',
  /** Commands of policies: UUIDv5(eventId, policy + index). */
  policy: '8f5f7a52-9a2e-5d0d-8a0a-6f0c5c1b7a02',
  /** Execution ids: UUIDv5(pipelineId, client token). */
  execution: '8f5f7a52-9a2e-5d0d-8a0a-6f0c5c1b7a03',
  /** Action execution ids: UUIDv5(executionId, stage, action, attempt). */
  actionExecution: '8f5f7a52-9a2e-5d0d-8a0a-6f0c5c1b7a04',
  /** Job ids: UUIDv5(actionExecutionId, number). */
  job: '8f5f7a52-9a2e-5d0d-8a0a-6f0c5c1b7a05',
  /** Commands of deadlines: UUIDv5(deadlineId). */
  deadline: '8f5f7a52-9a2e-5d0d-8a0a-6f0c5c1b7a06',
  /** Commands of callers: UUIDv5(principal, operation, client token). */
  command: '8f5f7a52-9a2e-5d0d-8a0a-6f0c5c1b7a07',
} as const;

/** Name-based UUID of RFC 9562, section 5.5. Parts are joined by U+001F, which no identifier contains. */
export function uuidV5(namespace: string, ...parts: readonly (string | number)[]): string {
  const digest = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(parts.join('\u001f'))
    .digest()
    .subarray(0, 16);
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x50, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
