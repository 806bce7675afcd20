import type { ActorLine } from '../api/generated/operations.js';

/** Who, and for whom: `policy for ada`. */
export function ActorText({ actor }: { readonly actor: ActorLine }) {
  return (
    <span title={`${actor.kind} ${actor.id}`}>
      {actor.name}
      {actor.onBehalfOf === null ? null : <> for {actor.onBehalfOf.name}</>}
    </span>
  );
}
