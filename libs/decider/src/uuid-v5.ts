import { hash } from 'node:crypto';

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

const NAMESPACE_BYTES = 16;
/** A hexadecimal digit with its two upper bits as the variant wants them. */
const VARIANTS = '89ab89ab89ab89ab';
/** Of a name that is put together in a buffer of its own namespace, without another one. */
const NAME_BYTES = 1_008;

const INPUTS: ReadonlyMap<string, Buffer> = new Map(Object.values(NAMESPACES).map((each) => [each, inputOf(each)]));

/** Name-based UUID of RFC 9562, section 5.5. Parts are joined by U+001F, which no identifier contains. */
export function uuidV5(namespace: string, ...parts: readonly (string | number)[]): string {
  const name = parts.join('\u001f');
  const bytes = Buffer.byteLength(name);
  const input = (bytes <= NAME_BYTES ? INPUTS.get(namespace) : undefined) ?? inputOf(namespace, bytes);
  input.write(name, NAMESPACE_BYTES);
  // One call instead of an object a digest: every event and every command has such an id.
  const hex = hash('sha1', input.subarray(0, NAMESPACE_BYTES + bytes), 'hex');
  const variant = VARIANTS[Number.parseInt(hex.charAt(16), 16)] ?? '8';
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function inputOf(namespace: string, nameBytes = NAME_BYTES): Buffer {
  const input = Buffer.alloc(NAMESPACE_BYTES + nameBytes);
  input.write(namespace.replaceAll('-', ''), 'hex');
  return input;
}
