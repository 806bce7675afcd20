import { readdirSync, readFileSync } from 'node:fs';
import type { EventTypes, Fact } from '../event.js';
import type { JsonObject } from '../json.js';

interface Example {
  readonly type: string;
  readonly version: number;
  readonly data: JsonObject;
}

interface FrozenExamples<E extends Fact> {
  readonly types: EventTypes<E['type']>;
  /** Holds `<Type>.v<n>.json` and nothing else. */
  readonly folder: URL;
  /** What every reader of today's shape relies on; an example of any version must come out with it. Optional members at the end. */
  readonly membersToday: { readonly [T in E['type']]: readonly MemberOf<E, T>[] };
}

/** A slip in a name does not compile. */
type MemberOf<E extends Fact, T extends string> = keyof Extract<E, { readonly type: T }>['data'] & string;

/** Every released shape keeps an example that is never edited, and that today's codec reads (style, section 4). */
export function describeFrozenExamples<E extends Fact>({ types, folder, membersToday }: FrozenExamples<E>): void {
  const files = readdirSync(folder);
  const read = (file: string) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Example;

  test.each(Object.entries<number>(types.versions))('every version of %s has a frozen example', (type, today) => {
    for (let version = 1; version <= today; version += 1) expect(files).toContain(`${type}.v${version}.json`);
  });

  test.each(files)("today's codec reads %s", (file) => {
    const example = read(file);
    expect(file).toBe(`${example.type}.v${example.version}.json`);
    const event = types.decode<E>(example);
    const members: Readonly<Record<string, readonly string[]>> = membersToday;
    expect(Object.keys(event.data as JsonObject)).toEqual(members[event.type]);
  });

  test('an unknown type or a newer version stops the reader', () => {
    const [[type = '', today = 0] = []] = Object.entries<number>(types.versions);
    expect(() => types.decode({ type: 'NeverHeardOf', version: 1, data: {} })).toThrow(RangeError);
    expect(() => types.decode({ type, version: today + 1, data: {} })).toThrow(RangeError);
  });
}
