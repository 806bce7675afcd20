import { GraphQLError } from 'graphql';

/**
 * An error that is made to be read by a client: a stable code and a sentence. Everything else that is thrown on the way is masked.
 * The codes: `BAD_USER_INPUT`, `UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND`, `CURSOR_FROM_ANOTHER_LOG`, `NOT_YET_VISIBLE`, `UNAVAILABLE`.
 */
export class PublicError extends GraphQLError {
  constructor(code: string, message: string, status?: number) {
    super(message, { extensions: { code, public: true, ...(status === undefined ? {} : { http: { status } }) } });
  }
}

/** Across realms and copies of this module. */
export function isPublicError(error: unknown): error is GraphQLError {
  return Error.isError(error) && (error as Partial<GraphQLError>).extensions?.['public'] === true;
}

export function badInput(message: string): PublicError {
  return new PublicError('BAD_USER_INPUT', message);
}
