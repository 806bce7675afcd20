import { didYouMean } from '../nearest.js';
import { element, member, shown, type Report } from '../violation.js';
import { isForbiddenKey, isObject } from './json-guard.js';

/**
 * What could be read of a `T`: every member may be missing, since its violation is already reported and the rules go on with
 * the rest. Without a violation a draft is complete.
 */
export type Draft<T> = T extends readonly (infer E)[]
  ? readonly (Draft<E> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Draft<T[K]> | undefined }
    : T;

/** Reads one value of the model and reports what is wrong with it: types, lengths, patterns, unknown members. */
export interface Shape<T> {
  /** Undefined when nothing of it can be used. `value` is never null or undefined. */
  read(value: unknown, at: string, report: Report): Draft<T> | undefined;
}

/** The text that a shape knows to be a `T`: the model's check stands before the cast. */
function draft<T>(value: unknown): Draft<T> {
  return value as Draft<T>;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  return typeof value === 'string' ? 'text' : typeof value === 'number' ? 'a number' : 'true or false';
}

export interface TextRules {
  /** Default 1. */
  readonly min?: number;
  readonly max: number;
  /** Matches the whole value. */
  readonly pattern?: string;
  /** Ends the sentence "Must be …". */
  readonly expected?: string;
}

export function text(rules: TextRules): Shape<string> {
  const pattern = rules.pattern === undefined ? undefined : new RegExp(`^(?:${rules.pattern})$`, 'su');
  const min = rules.min ?? 1;
  return {
    read(value, at, report) {
      if (typeof value !== 'string') {
        const hint = typeof value === 'number' || typeof value === 'boolean' ? '; put it in quotes' : '';
        report.add(at, 'Validation', `Must be text, not ${kindOf(value)}${hint}.`);
        return undefined;
      }
      if (value.length < min) report.add(at, 'Validation', 'Must not be empty.');
      else if (value.length > rules.max)
        report.add(at, 'Validation', `Has ${value.length} characters; at most ${rules.max} are allowed.`);
      else if (pattern?.test(value) === false)
        report.add(at, 'Validation', `Must be ${rules.expected ?? rules.pattern}.`);
      return value;
    },
  };
}

export function oneOf<T extends string>(...values: readonly T[]): Shape<T> {
  return {
    read(value, at, report) {
      const found = values.find((candidate) => candidate === value);
      if (found !== undefined) return draft<T>(found);
      report.add(at, 'Validation', () => {
        const hint = typeof value === 'string' ? didYouMean(value, values) : '';
        return `Must be ${values.length === 1 ? '' : 'one of '}${values.join(', ')}.${hint}`;
      });
      return undefined;
    },
  };
}

export function integer(range: { readonly min: number; readonly max: number }): Shape<number> {
  return {
    read(value, at, report) {
      if (typeof value === 'number' && Number.isSafeInteger(value) && value >= range.min && value <= range.max)
        return value;
      const allowed = range.max === Number.MAX_SAFE_INTEGER ? `${range.min} or more` : `${range.min} to ${range.max}`;
      const hint = typeof value === 'string' ? ', without quotes' : '';
      report.add(at, 'Validation', `Must be a whole number of ${allowed}${hint}.`);
      return undefined;
    },
  };
}

export interface Bounds {
  /** Default 0. */
  readonly min?: number;
  /** Default: left to a structural rule. */
  readonly max?: number;
}

export function list<T>(of: Shape<T>, bounds: Bounds = {}): Shape<readonly T[]> {
  return {
    read(value, at, report) {
      if (!Array.isArray(value)) {
        report.add(at, 'Validation', `Must be a list, not ${kindOf(value)}.`);
        return undefined;
      }
      countWithin(value.length, bounds, (message) => report.add(at, 'Validation', message));
      const items = value.map((item: unknown, index) => readElement(of, item, element(at, index), report));
      return draft<readonly T[]>(items);
    },
  };
}

function readElement<T>(of: Shape<T>, value: unknown, at: string, report: Report): Draft<T> | undefined {
  if (value !== null && value !== undefined) return of.read(value, at, report);
  report.add(at, 'Validation', 'Must not be empty; remove it.');
  return undefined;
}

function countWithin(count: number, { min = 0, max = Infinity }: Bounds, complain: (message: string) => void): void {
  if (count < min) complain(`Needs at least ${min}, has ${count}.`);
  else if (count > max) complain(`Has ${count} entries; at most ${max} are allowed.`);
}

/** Keys that users choose, all values of one shape. */
export function record<T>(key: TextRules, of: Shape<T>, bounds: Bounds = {}): Shape<Readonly<Record<string, T>>> {
  const keyShape = text(key);
  return {
    read(value, at, report) {
      if (!isObject(value)) {
        report.add(at, 'Validation', `Must be an object, not ${kindOf(value)}.`);
        return undefined;
      }
      const entries = Object.entries(value).filter(([name]) => !isForbiddenKey(name));
      countWithin(entries.length, bounds, (message) => report.add(at, 'Validation', message));
      const read = entries.map(([name, item]) => {
        keyShape.read(name, member(at, name), report);
        return [name, readElement(of, item, member(at, name), report)] as const;
      });
      return draft<Readonly<Record<string, T>>>(Object.fromEntries(read));
    },
  };
}

export interface Member<T> {
  readonly shape: Shape<T>;
  readonly required: boolean;
}

export function required<T>(shape: Shape<T>): Member<T> {
  return { shape, required: true };
}

export function optional<T>(shape: Shape<T>): Member<T> {
  return { shape, required: false };
}

export type Members<T> = { readonly [K in keyof T]-?: Member<Exclude<T[K], undefined>> };

/** @param also - names that may stand there and are left out. */
export function object<T extends object>(members: Members<T>, also: readonly string[] = []): Shape<T> {
  const known = new Map(Object.entries<Member<unknown>>(members));
  return {
    read(value, at, report) {
      if (!isObject(value)) {
        report.add(at, 'Validation', `Must be an object, not ${kindOf(value)}.`);
        return undefined;
      }
      reportUnknown(Object.keys(value), [...known.keys(), ...also], { at, report });
      const entries: [string, unknown][] = [];
      for (const [name, { shape, required: needed }] of known) {
        const item = Object.hasOwn(value, name) ? value[name] : undefined;
        if (item !== null && item !== undefined) entries.push([name, shape.read(item, member(at, name), report)]);
        else if (needed) report.add(member(at, name), 'Validation', 'Is missing and must be given.');
      }
      return draft<T>(Object.fromEntries(entries.filter(([, item]) => item !== undefined)));
    },
  };
}

/** Everything but the known names; a name is told from a slip by its nearest neighbour. */
export function reportUnknown(
  names: readonly string[],
  known: readonly string[],
  { at, report }: { readonly at: string; readonly report: Report },
): void {
  for (const name of names) {
    if (known.includes(name) || isForbiddenKey(name)) continue;
    report.add(member(at, name), 'Validation', () => {
      const hint = didYouMean(name, known) || ` Known are: ${known.join(', ')}.`;
      return `There is no member '${shown(name)}' here.${hint}`;
    });
  }
}
