import { useSearchParams } from 'wouter';

export interface PageParams<K extends string> {
  readonly values: Readonly<Record<K, string>>;
  /** Of the page; empty for the first. */
  readonly after: string;
  /** A filter that changes begins with the first page. */
  change(to: Partial<Record<K, string>>): void;
  goTo(after: string): void;
}

/** Filters and the page of a list, in the address. */
export function usePageParams<K extends string>(keys: readonly K[]): PageParams<K> {
  const [params, setParams] = useSearchParams();
  const values = Object.fromEntries(keys.map((key) => [key, params.get(key) ?? ''])) as Record<K, string>;
  const merge = (to: Partial<Record<string, string>>, replace: boolean): void =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [key, value] of Object.entries(to))
          if (value === undefined || value === '') next.delete(key);
          else next.set(key, value);
        return next;
      },
      { replace },
    );
  return {
    values,
    after: params.get('after') ?? '',
    change: (to) => merge({ ...to, after: '' }, true),
    goTo: (after) => merge({ after }, false),
  };
}
