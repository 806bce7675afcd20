import { InvalidArgumentError } from 'commander';
import { parseDuration } from './output/values.js';

/** Commander's parsers: what they throw is told with the option's name. */

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d{1,9}$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    return value;
  };
}

export interface NameValue {
  readonly name: string;
  readonly value: string;
}

/** `name=value`, again and again. */
export function nameValue(text: string, before: readonly NameValue[] = []): readonly NameValue[] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must read name=value.');
  return [...before, { name: text.slice(0, at), value: text.slice(at + 1) }];
}

export function list(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').filter((part) => part !== '')];
}

export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('It must read like 45s, 90m, 12h or 30d.');
  return ms;
}
