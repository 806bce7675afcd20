import type { ReactNode } from 'react';
import classes from './notes.module.css';

/** What went wrong, beside what it is about. Nothing while nothing did. */
export function ErrorNote({ children }: { readonly children: ReactNode }) {
  if (children === undefined || children === null || children === '') return null;
  return (
    <p role="alert" className={classes.error}>
      {children}
    </p>
  );
}

/** Stands where a list has nothing: says why, and what to do. */
export function EmptyNote({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className={classes.empty}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** While something is read for the first time; kept for what takes long enough to be seen. */
export function Reading() {
  return (
    <p className={classes.reading} role="status">
      Reading…
    </p>
  );
}
