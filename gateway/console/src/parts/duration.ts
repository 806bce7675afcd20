const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** For glances: one unit, two where the first is a small number. `42 s`, `6 min`, `2 h 10 min`, `6 d`. */
export function duration(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < MINUTE) return `${Math.floor(whole / SECOND)} s`;
  if (whole < HOUR) return two(whole, [MINUTE, 'min'], [SECOND, 's']);
  if (whole < DAY) return two(whole, [HOUR, 'h'], [MINUTE, 'min']);
  return two(whole, [DAY, 'd'], [HOUR, 'h']);
}

type Unit = readonly [number, string];

/** The smaller unit is of interest only while the larger is below three. */
function two(ms: number, [large, largeName]: Unit, [small, smallName]: Unit): string {
  const count = Math.floor(ms / large);
  const rest = Math.floor((ms % large) / small);
  return count < 3 && rest > 0 ? `${count} ${largeName} ${rest} ${smallName}` : `${count} ${largeName}`;
}

/** Of something measured: tenths below a minute. */
export function exactDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  return ms < MINUTE ? `${(ms / SECOND).toFixed(1)} s` : duration(ms);
}

export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  for (; value >= 1_000 && unit < units.length - 1; unit += 1) value /= 1_000;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

const absolute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** In the reader's own time zone. */
export function instantText(at: string): string {
  return absolute.format(new Date(at));
}
