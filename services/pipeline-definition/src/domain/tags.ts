import type { Tag } from '@millrace/contracts/pipeline-definition';

export interface TagViolation {
  /** `tags[0].key` */
  readonly path: string;
  readonly message: string;
  /** CodePipeline's error classes. */
  readonly code: 'TooManyTags' | 'InvalidTags';
}

const TAGS_MAX = 50;
const KEY_LENGTH_MAX = 128;
const VALUE_LENGTH_MAX = 256;
const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** All that is wrong with them. */
export function checkTags(tags: readonly Tag[]): readonly TagViolation[] {
  if (tags.length > TAGS_MAX)
    return [
      { path: 'tags', code: 'TooManyTags', message: `Has ${tags.length} tags; at most ${TAGS_MAX} are allowed.` },
    ];
  const keys = new Set<string>();
  return tags.flatMap(({ key, value }, index) => {
    const problems = [
      ...keyProblems(key, keys.has(key)).map((message) => ({ path: `tags[${index}].key`, message })),
      ...valueProblems(value).map((message) => ({ path: `tags[${index}].value`, message })),
    ];
    keys.add(key);
    return problems.map((problem) => ({ ...problem, code: 'InvalidTags' as const }));
  });
}

function keyProblems(key: string, repeated: boolean): readonly string[] {
  const problems: string[] = [];
  if (key.trim() === '') problems.push('Must not be empty.');
  if (key.length > KEY_LENGTH_MAX)
    problems.push(`Has ${key.length} characters; at most ${KEY_LENGTH_MAX} are allowed.`);
  if (key.toLowerCase().startsWith('aws:')) problems.push("Must not begin with 'aws:'.");
  if (key !== key.trimEnd()) problems.push('Must not end with a blank.');
  if (!CHARACTERS.test(key)) problems.push(ALLOWED);
  if (repeated) problems.push('Stands in the list more than once.');
  return problems;
}

function valueProblems(value: string): readonly string[] {
  const problems: string[] = [];
  if (value.length > VALUE_LENGTH_MAX)
    problems.push(`Has ${value.length} characters; at most ${VALUE_LENGTH_MAX} are allowed.`);
  if (!CHARACTERS.test(value)) problems.push(ALLOWED);
  return problems;
}

const ALLOWED = 'Must be made of letters, digits, blanks and + - = . _ : / @.';
