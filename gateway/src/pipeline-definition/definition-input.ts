import { badInput } from '../graphql/public-error.js';
import type { Definitions } from './ports.js';

/** A definition as a client gives it: a value, or text. */
export interface DefinitionInput {
  readonly definition?: unknown;
  readonly text?: string | null | undefined;
}

export type ReadDefinition =
  | { readonly readable: true; readonly declaration: unknown }
  | { readonly readable: false; readonly code: 'UNREADABLE_DEFINITION'; readonly message: string };

/**
 * @throws PublicError `BAD_USER_INPUT` unless exactly one of the two is given.
 */
export function readDefinition(input: DefinitionInput, definitions: Pick<Definitions, 'parse'>): ReadDefinition {
  const { definition, text } = input;
  const given = [definition, text].filter((value) => value !== undefined && value !== null);
  if (given.length !== 1) throw badInput('Give either definition (JSON) or text (JSON or YAML).');
  if (typeof text !== 'string') return { readable: true, declaration: definition };
  try {
    return { readable: true, declaration: definitions.parse(text) };
  } catch (error) {
    if (Error.isError(error) && error.name === 'UnreadableDefinition')
      return { readable: false, code: 'UNREADABLE_DEFINITION', message: error.message };
    throw error;
  }
}
