import { useNow } from '../state/clock.js';
import { duration, exactDuration, instantText } from './duration.js';

/** How long ago, ticking; the instant itself on pointing at it. */
export function Age({ since }: { readonly since: string }) {
  const now = useNow();
  return (
    <time dateTime={since} title={instantText(since)} className="figures">
      {duration(now - Date.parse(since))}
    </time>
  );
}

/** How long until then, ticking. */
export function Until({ at }: { readonly at: string }) {
  const left = Date.parse(at) - useNow();
  return (
    <time dateTime={at} title={instantText(at)} className="figures">
      {left <= 0 ? 'now' : `in ${duration(left)}`}
    </time>
  );
}

/** From then to then, or ticking while there is no end. */
export function Took({ from, to }: { readonly from: string; readonly to: string | null }) {
  return to === null ? (
    <Age since={from} />
  ) : (
    <span className="figures">{exactDuration(Date.parse(to) - Date.parse(from))}</span>
  );
}

export function Instant({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} className="figures">
      {instantText(at)}
    </time>
  );
}
