import { YAMLException, load } from 'js-yaml';
import { DEFINITION_BYTES_MAX } from '@millrace/contracts/pipeline-definition';

/** JSON with blanks and YAML with comments are longer than what they say; what they say is measured again by the validation. */
export const TEXT_BYTES_MAX = 4 * DEFINITION_BYTES_MAX;
const NESTING_MAX = 64;

/** The text is neither JSON nor YAML. Its message says where. */
export class UnreadableDefinition extends Error {
  override readonly name = 'UnreadableDefinition';

  constructor(
    message: string,
    /** 1-based; undefined where the place is unknown. */
    readonly line?: number,
    /** 1-based. */
    readonly column?: number,
  ) {
    super(line === undefined ? message : `Line ${line}, column ${column ?? 1}: ${message}`);
  }
}

export function isUnreadableDefinition(error: unknown): error is UnreadableDefinition {
  return Error.isError(error) && error.name === 'UnreadableDefinition';
}

/**
 * The value that a text of JSON or YAML stands for. JSON is YAML, so one parser does for both; aliases, which can make a small
 * text mean a huge value, and timestamps are not read.
 *
 * @throws UnreadableDefinition
 */
export function parseDefinitionText(text: string): unknown {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > TEXT_BYTES_MAX)
    throw new UnreadableDefinition(`The text has ${bytes} bytes; at most ${TEXT_BYTES_MAX} are read.`);
  try {
    return load(text, { maxAliases: 0, maxDepth: NESTING_MAX });
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(error: unknown): UnreadableDefinition {
  if (!(error instanceof YAMLException))
    return new UnreadableDefinition(Error.isError(error) ? error.message : 'It is neither JSON nor YAML.');
  const { reason, mark } = error;
  return mark === undefined
    ? new UnreadableDefinition(`${reason}.`)
    : new UnreadableDefinition(`${reason}.`, mark.line + 1, mark.column + 1);
}
