import type { ApolloServerPlugin } from '@apollo/server';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { FastifyRequest } from 'fastify';
import { requestContext } from '../http/gate.js';
import type { Logger, RequestContext } from '../ports.js';
import { PublicError } from './public-error.js';
import { maskError } from './format-error.js';
import { guardRootFields } from './guarded-schema.js';
import { LIMITS, limitRules } from './limits.js';
import { readSchema } from './schema-files.js';

/** Apollo over HTTP. Subscriptions go their own way (socket.ts), with the same schema, limits, guard and masks. */
export function graphqlOptions(logger: Logger): ApolloDriverConfig {
  const correlation = new WeakMap<object, string>();
  return {
    driver: ApolloDriver,
    path: '/graphql',
    typeDefs: [...readSchema()],
    resolverValidationOptions: { requireResolversForResolveType: 'ignore' },
    transformSchema: guardRootFields,
    context: (request: FastifyRequest): RequestContext => requestContext(request),
    // Nobody reaches the endpoint without a token; who has one may know the schema.
    introspection: true,
    graphiql: false,
    csrfPrevention: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    autoTransformHttpErrors: false,
    // A refusal of the guard is a 401 or 403 also where other fields were answered.
    preserveHttpStatusForExecutionErrors: false,
    allowBatchedHttpRequests: false,
    parseOptions: { maxTokens: LIMITS.tokensMax },
    validationRules: [...limitRules],
    validationOptions: { maxErrors: LIMITS.errorsMax },
    plugins: [rememberCorrelation(correlation), subscriptionsGoOverTheSocket],
    formatError: (_formatted, error) =>
      maskError(error, typeof error === 'object' && error !== null ? correlation.get(error) : undefined, logger),
  };
}

/** Over HTTP a subscription would be answered once, with nothing. */
const subscriptionsGoOverTheSocket: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation }) => {
      if (operation?.operation === 'subscription')
        throw new PublicError(
          'BAD_USER_INPUT',
          'Subscriptions go over the WebSocket of this address (graphql-transport-ws).',
          400,
        );
    },
  }),
};

/** Apollo formats errors without their request. */
function rememberCorrelation(correlation: WeakMap<object, string>): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didEncounterErrors: async ({ errors, contextValue }) =>
        errors.forEach((error) => correlation.set(error, contextValue.correlationId)),
    }),
  };
}
