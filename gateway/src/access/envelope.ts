import { NAMESPACES, uuidV5 } from '@millrace/decider';
import type { Envelope } from '@millrace/event-store';
import type { RequestContext } from '../ports.js';

/**
 * What travels with a caller's command. The id comes from who asks for what with which client token, so that a repeated request is
 * answered with its first result (docs/decisions/0004).
 *
 * @param operation - the mutation's or action's name.
 * @param clientToken - chosen by the caller; unique for each thing that is wanted.
 */
export function callerEnvelope(context: RequestContext, operation: string, clientToken: string): Envelope {
  const { viewer } = context;
  return {
    commandId: uuidV5(NAMESPACES.command, viewer.project, viewer.tokenId, operation, clientToken),
    project: viewer.project,
    actor: viewer.actor,
    correlationId: context.correlationId,
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
  };
}
