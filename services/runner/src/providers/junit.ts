/** Tests counted in JUnit XML reports. */
export interface TestCount {
  readonly tests: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NO_TESTS: TestCount = { tests: 0, failed: 0, skipped: 0 };

export function addCounts(a: TestCount, b: TestCount): TestCount {
  return { tests: a.tests + b.tests, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** "12 tests, 1 failed, 2 skipped" */
export function describeCount({ tests, failed, skipped }: TestCount): string {
  const parts = [`${tests} ${tests === 1 ? 'test' : 'tests'}`, `${failed} failed`];
  return (skipped === 0 ? parts : [...parts, `${skipped} skipped`]).join(', ');
}

/** What is jumped over: nothing in it is a tag. */
const OPAQUE = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
] as const;

/**
 * Counts the test cases of a JUnit report. It reads tags and nothing else: no entities, no document type, no nesting, in one pass over the
 * text. What is no XML counts as far as it goes.
 */
export function countTests(xml: string): TestCount {
  const count = { tests: 0, failed: 0, skipped: 0 };
  /** Inside a test case of which nothing has been counted but that it is there. */
  let open = false;
  for (const tag of tags(xml)) {
    if (tag.name === 'testcase') {
      if (!tag.closing) count.tests++;
      open = !tag.closing && !tag.empty;
      continue;
    }
    const kind = tag.closing ? undefined : OUTCOMES.get(tag.name);
    if (!open || kind === undefined) continue;
    count[kind]++;
    open = false;
  }
  return count;
}

const OUTCOMES: ReadonlyMap<string, 'failed' | 'skipped'> = new Map([
  ['failure', 'failed'],
  ['error', 'failed'],
  ['skipped', 'skipped'],
]);

interface Tag {
  readonly name: string;
  readonly closing: boolean;
  readonly empty: boolean;
}

function* tags(xml: string): Generator<Tag> {
  for (let at = xml.indexOf('<'); at >= 0;) {
    const opaque = OPAQUE.find(([begin]) => xml.startsWith(begin, at));
    const end = opaque === undefined ? tagEnd(xml, at) : xml.indexOf(opaque[1], at + opaque[0].length);
    if (end < 0) return;
    if (opaque === undefined)
      yield tagOf(xml.slice(at + 1, Math.min(end, at + 1 + NAME_LENGTH_MAX)), xml[end - 1] === '/');
    at = xml.indexOf('<', end);
  }
}

const NAME_LENGTH_MAX = 100;

function tagOf(text: string, empty: boolean): Tag {
  const closing = text.startsWith('/');
  const name = /^[A-Za-z_][\w.-]*/.exec(closing ? text.slice(1) : text)?.[0] ?? '';
  return { name, closing, empty };
}

/** The `>` that ends the tag: one in an attribute's value does not. */
function tagEnd(xml: string, start: number): number {
  let quote = '';
  for (let at = start + 1; at < xml.length; at++) {
    const character = xml[at] ?? '';
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return at;
  }
  return -1;
}
