import { memo, useState } from 'react';
import { Link } from 'wouter';
import type { EventLine } from '../../api/generated/operations.js';
import { ActorText } from '../../parts/actor.js';
import { Instant } from '../../parts/age.js';
import classes from './events.module.css';

export const EventRow = memo(function EventRow({ event }: { readonly event: EventLine }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <li className={classes.event}>
      <button type="button" className={classes.line} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span className={classes.time}>
          <Instant at={event.time} />
        </span>
        <strong className="cut-off">{event.type}</strong>
        <span className="quiet cut-off code">{event.stream}</span>
        <span className="cut-off">
          <ActorText actor={event.actor} />
        </span>
      </button>
      {isOpen ? <Detail event={event} /> : null}
    </li>
  );
});

/** The fact itself, who and why, and where to go from it. */
function Detail({ event }: { readonly event: EventLine }) {
  return (
    <div className={classes.detail}>
      <p className="row-flex">
        <Link href={`/events?correlation=${encodeURIComponent(event.correlationId)}`}>All of the same request</Link>
        <Link href={`/events?actor=${encodeURIComponent(event.actor.id)}`}>All of this actor</Link>
        {event.executionId === null ? null : (
          <>
            <Link href={`/events?execution=${event.executionId}`}>All of this execution</Link>
            <Link href={`/executions/${event.executionId}`}>The execution</Link>
          </>
        )}
      </p>
      <dl className="facts code">
        <dt>position</dt>
        <dd>{event.position}</dd>
        <dt>stream</dt>
        <dd>
          {event.stream} revision {event.revision}, {event.type} version {event.version}
        </dd>
        <dt>actor</dt>
        <dd>
          {event.actor.kind} {event.actor.id}
          {event.actor.onBehalfOf === null ? '' : ` for ${event.actor.onBehalfOf.kind} ${event.actor.onBehalfOf.id}`}
        </dd>
        <dt>command</dt>
        <dd>{event.commandId}</dd>
        <dt>caused by</dt>
        <dd>{event.causationId ?? 'the request itself'}</dd>
        <dt>hash</dt>
        <dd>{event.hash}</dd>
      </dl>
      <pre className="code" tabIndex={0} aria-label="Data">
        {JSON.stringify(event.data, undefined, 2)}
      </pre>
    </div>
  );
}
