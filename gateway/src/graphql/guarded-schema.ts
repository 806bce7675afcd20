import { type GraphQLField, type GraphQLObjectType, type GraphQLSchema } from 'graphql';
import { authorize } from '../access/operations.js';
import type { RequestContext } from '../ports.js';
import { PublicError } from './public-error.js';

/** Every root field as an operation of the table, e.g. `Mutation.createPipeline`. */
export function rootOperations(schema: GraphQLSchema): readonly string[] {
  return rootTypes(schema).flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`));
}

/**
 * Puts the one guard before every root field: there is no way into the graph beside it.
 *
 * @throws Error for a root field that nothing answers: the server would start, and answer null.
 */
export function guardRootFields(schema: GraphQLSchema): GraphQLSchema {
  for (const type of rootTypes(schema))
    for (const field of Object.values(type.getFields())) guard(field, `${type.name}.${field.name}`);
  return schema;
}

function rootTypes(schema: GraphQLSchema): readonly GraphQLObjectType[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
    (type) => type !== null && type !== undefined,
  );
}

function guard(field: GraphQLField<unknown, RequestContext>, operation: string): void {
  const { resolve, subscribe } = field;
  if (subscribe !== undefined) {
    field.subscribe = (source, args, context, info) => {
      admit(operation, context);
      return subscribe(source, args, context, info);
    };
    return;
  }
  if (resolve === undefined) throw new Error(`No resolver answers ${operation}.`);
  field.resolve = (source, args, context, info) => {
    admit(operation, context);
    return resolve(source, args, context, info);
  };
}

function admit(operation: string, context: RequestContext): void {
  switch (authorize(operation, context.viewer)) {
    case 'allowed':
      return;
    case 'unauthenticated':
      throw new PublicError('UNAUTHENTICATED', 'Show a valid token.', 401);
    case 'forbidden':
      throw new PublicError('FORBIDDEN', `Your role, ${context.viewer.role}, does not allow this.`, 403);
  }
}
