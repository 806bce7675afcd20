import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError, Kind, type GraphQLFormattedError } from 'graphql';
import { isOperational } from '@millrace/runtime';
import { MASKED, UNAVAILABLE, type ErrorAnswer } from '../http/answers.js';
import type { Logger } from '../ports.js';
import { isPublicError } from './public-error.js';

/** Refusals of the document itself: written by graphql-js about what the client sent. */
const OF_THE_DOCUMENT: ReadonlySet<unknown> = new Set([
  ApolloServerErrorCode.GRAPHQL_PARSE_FAILED,
  ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED,
  ApolloServerErrorCode.BAD_USER_INPUT,
  ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE,
  ApolloServerErrorCode.BAD_REQUEST,
  ApolloServerErrorCode.PERSISTED_QUERY_NOT_SUPPORTED,
]);

const MESSAGE_CHARACTERS_MAX = 1_000;

/** Every error that leaves, over HTTP and socket alike: a code, a sentence and a correlation id. */
export function maskError(error: unknown, correlationId: string | undefined, logger: Logger): GraphQLFormattedError {
  const located = error instanceof GraphQLError ? error : undefined;
  const { code, message } = publicPart(error, correlationId, logger);
  return {
    message,
    ...(located?.locations === undefined ? {} : { locations: located.locations }),
    ...(located?.path === undefined ? {} : { path: located.path }),
    extensions: { code, ...(correlationId === undefined ? {} : { correlationId }) },
  };
}

function publicPart(error: unknown, correlationId: string | undefined, logger: Logger): ErrorAnswer {
  const cause = causeOf(error);
  if (isPublicError(cause)) return { code: String(cause.extensions['code']), message: cause.message };
  if (isOperational(cause)) {
    logger.warn({ correlationId, error: cause }, 'A GraphQL operation met a fault of an engine');
    return { code: cause.code, message: UNAVAILABLE.message };
  }
  if (isOfAVariable(error))
    return { code: ApolloServerErrorCode.BAD_USER_INPUT, message: error.message.slice(0, MESSAGE_CHARACTERS_MAX) };
  if (isOfTheDocument(error))
    return { code: String(error.extensions['code']), message: error.message.slice(0, MESSAGE_CHARACTERS_MAX) };
  if (isOfAnArgument(cause))
    return { code: ApolloServerErrorCode.BAD_USER_INPUT, message: cause.message.slice(0, MESSAGE_CHARACTERS_MAX) };
  logger.error({ correlationId, error: cause }, 'A GraphQL operation met a defect');
  return { code: MASKED.code, message: MASKED.message };
}

/** Apollo wraps what graphql-js says of a document once more, to give it a code. What a resolver threw has a path; a document has none. */
function isOfTheDocument(error: unknown): error is GraphQLError {
  if (!(error instanceof GraphQLError) || !OF_THE_DOCUMENT.has(error.extensions['code'])) return false;
  const { originalError, path } = error;
  if (path !== undefined) return false;
  return (
    originalError === undefined || (originalError instanceof GraphQLError && originalError.originalError === undefined)
  );
}

/** A variable's value that its type does not take. Over HTTP Apollo gives it a code; over the socket graphql-js speaks for itself. */
function isOfAVariable(error: unknown): error is GraphQLError {
  return (
    error instanceof GraphQLError &&
    error.path === undefined &&
    error.nodes?.length === 1 &&
    error.nodes[0]?.kind === Kind.VARIABLE_DEFINITION
  );
}

/** A null that a variable's default let through the validation is refused by graphql-js where the field is executed; only it names nodes. */
function isOfAnArgument(cause: unknown): cause is GraphQLError {
  return (
    cause instanceof GraphQLError &&
    cause.originalError === undefined &&
    (cause.nodes?.length ?? 0) > 0 &&
    cause.message.startsWith('Argument "')
  );
}

/** What a resolver threw, without the place that graphql-js wrapped around it. */
function causeOf(error: unknown): unknown {
  if (isPublicError(error)) return error;
  return (error instanceof GraphQLError ? error.originalError : undefined) ?? error;
}
