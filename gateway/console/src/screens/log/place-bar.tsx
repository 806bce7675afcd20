import { bytesText } from '../../parts/duration.js';
import classes from './log.module.css';

interface PlaceBarProps {
  readonly bytes: number;
  /** What is loaded. */
  readonly from: number;
  readonly to: number;
  readonly onGo: (offset: number) => void;
}

const STEPS = 1_000;

/** Where in the whole log one is; and to any place of it at once. */
export function PlaceBar({ bytes, from, to, onGo }: PlaceBarProps) {
  // All of it is there: the scroll bar says as much.
  if (bytes === 0 || (from === 0 && to >= bytes)) return null;
  const place = Math.round((((from + to) / 2) * STEPS) / bytes);
  return (
    <div className={classes.place}>
      <input
        type="range"
        min={0}
        max={STEPS}
        value={place}
        aria-label="Place in the whole output"
        aria-valuetext={`${bytesText(from)} to ${bytesText(to)} of ${bytesText(bytes)}`}
        onChange={(event) => onGo(Math.round((Number(event.currentTarget.value) * bytes) / STEPS))}
      />
    </div>
  );
}
