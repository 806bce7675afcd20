import type { Actor } from '@millrace/decider';

export interface ActorView extends Omit<Actor, 'onBehalfOf'> {
  readonly onBehalfOf: ActorView | null;
}

export function toActor(actor: Actor): ActorView {
  const { kind, id, name, issuer, onBehalfOf } = actor;
  return { kind, id, name, issuer, onBehalfOf: onBehalfOf === undefined ? null : toActor(onBehalfOf) };
}
