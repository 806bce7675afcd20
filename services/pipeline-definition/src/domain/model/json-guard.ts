import { DEFINITION_BYTES_MAX } from '@millrace/contracts/pipeline-definition';
import { element, member, type Report } from '../violation.js';

/** The deepest declaration that follows the model has 11 levels. */
export const DEPTH_MAX = 20;
/** What 512 KiB can hold at most; ends the walk before it costs anything. */
const VALUES_MAX = DEFINITION_BYTES_MAX / 2;

/** Keys that mean something to JavaScript: refused wherever they stand, never looked up. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

export function isForbiddenKey(key: string): boolean {
  return FORBIDDEN_KEYS.has(key);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object Object]';
}

interface Place {
  readonly value: unknown;
  readonly at: string;
  readonly depth: number;
}

/**
 * Whether the input is plain JSON of bearable size and depth, so that everything after may walk it freely.
 * Not recursive: the depth is what it guards against.
 */
export function guardJson(input: unknown, report: Report): boolean {
  const places: Place[] = [{ value: input, at: '', depth: 1 }];
  let values = 0;
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    values += 1;
    if (values > VALUES_MAX) return tooLarge(report, `more than ${VALUES_MAX} values`);
    if (place.depth > DEPTH_MAX) {
      report.add(place.at, 'Validation', `Nested deeper than ${DEPTH_MAX} levels; no pipeline needs that.`);
      return false;
    }
    if (!isJsonValue(place.value)) {
      report.add(place.at, 'Validation', 'Must be text, a number, true, false, a list or an object.');
      return false;
    }
    for (const next of inside(place, report)) places.push(next);
  }
  // Every value is JSON by now, so this neither throws nor calls anybody's code.
  const bytes = new TextEncoder().encode(JSON.stringify(input) ?? '').length;
  return bytes <= DEFINITION_BYTES_MAX || tooLarge(report, `${bytes} bytes of JSON`);
}

function tooLarge(report: Report, size: string): false {
  report.add('', 'LimitExceeded', `The definition has ${size}; at most ${DEFINITION_BYTES_MAX} bytes are allowed.`);
  return false;
}

function isJsonValue(value: unknown): boolean {
  if (value === null || value === undefined || Array.isArray(value) || isObject(value)) return true;
  return typeof value === 'number' ? Number.isFinite(value) : typeof value === 'string' || typeof value === 'boolean';
}

function inside({ value, at, depth }: Place, report: Report): readonly Place[] {
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => ({ value: item, at: element(at, index), depth: depth + 1 }));
  }
  if (!isObject(value)) return [];
  const places: Place[] = [];
  for (const [key, item] of Object.entries(value)) {
    if (isForbiddenKey(key)) report.add(member(at, key), 'Validation', `A member must not be called '${key}'.`);
    else places.push({ value: item, at: member(at, key), depth: depth + 1 });
  }
  return places;
}
