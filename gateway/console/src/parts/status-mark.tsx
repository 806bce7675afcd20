import type { Look } from './look.js';
import classes from './status-mark.module.css';

/** Shapes that differ without their colour. */
const SHAPES: Readonly<Record<Look, React.ReactNode>> = {
  progress: (
    <>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="2" opacity="0.3" />
      <path
        d="M8 2a6 6 0 0 1 6 6"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        className={classes.turn}
      />
    </>
  ),
  succeeded: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path d="M4.8 8.2 7 10.4l4.2-4.6" fill="none" className={classes.cut} />
    </>
  ),
  failed: (
    <>
      <rect x="1.5" y="1.5" width="13" height="13" rx="2" fill="currentColor" />
      <path d="m5.3 5.3 5.4 5.4m0-5.4-5.4 5.4" className={classes.cut} />
    </>
  ),
  waiting: <path d="M5 3.5v9M11 3.5v9" stroke="currentColor" strokeWidth="2.5" strokeLinecap="round" />,
  person: (
    <>
      <path d="M8 1.3 15 14H1z" fill="currentColor" strokeLinejoin="round" stroke="currentColor" />
      <path d="M8 6v3.6m0 2.1v.2" className={classes.cut} />
    </>
  ),
  stopped: <rect x="2" y="6.3" width="12" height="3.4" rx="1" fill="currentColor" />,
  superseded: (
    <path
      d="m3 4 4.5 4L3 12m5.5-8L13 8l-4.5 4"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  ),
  none: <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2 2.7" />,
};

/** Beside a word it is decoration; alone, `label` says what it means. */
export function StatusMark({
  look,
  label,
  size = 16,
}: {
  readonly look: Look;
  readonly label?: string;
  readonly size?: number;
}) {
  const named = label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label };
  return (
    <svg {...named} viewBox="0 0 16 16" width={size} height={size} className={classes.mark} data-look={look}>
      {label === undefined ? null : <title>{label}</title>}
      {SHAPES[look]}
    </svg>
  );
}

export function StatusText({ look, children }: { readonly look: Look; readonly children: React.ReactNode }) {
  return (
    <span className={classes.text} data-look={look}>
      <StatusMark look={look} />
      <span>{children}</span>
    </span>
  );
}
