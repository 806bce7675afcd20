import 'reflect-metadata';
import {
  buildASTSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  parse,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
} from 'graphql';
import { providers } from '../contexts.js';
import { readSchema } from '../graphql/schema-files.js';
import { samples } from './testing/samples.js';

const schema = buildASTSchema(parse(readSchema().join('\n')));
const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
const ROOTS = new Set(['Query', 'Mutation', 'Subscription']);

/** `Type.field` of every resolver that Nest will find. */
const resolved = new Set(providers.filter((provider) => typeof provider === 'function').flatMap(resolvedBy));

function resolvedBy(resolver: { readonly prototype: object }): readonly string[] {
  const ofClass: unknown = Reflect.getMetadata('graphql:resolver_type', resolver);
  return Object.getOwnPropertyNames(resolver.prototype).flatMap((name) => {
    const method: unknown = Reflect.get(resolver.prototype, name);
    if (typeof method !== 'function') return [];
    const field: unknown = Reflect.getMetadata('graphql:resolver_name', method);
    const ofMethod: unknown = Reflect.getMetadata('graphql:resolver_type', method);
    const isField = Reflect.getMetadata('graphql:resolve_property', method) === true;
    return typeof field === 'string' ? [`${String(isField ? ofClass : ofMethod)}.${field}`] : [];
  });
}

describe('the schema', () => {
  test('says what every type, field, argument and value is, in a sentence', () => {
    const described = types.flatMap((type) => [[type.name, type.description] as const, ...members(type)]);
    expect(described.length).toBeGreaterThan(500);
    const without = described.filter(
      ([, text]) => text === null || text === undefined || !/[.!?;:]$/.test(text.trim()),
    );
    // The scalars that GraphQL itself brings describe themselves.
    expect(without.map(([name]) => name)).toEqual([]);
  });

  test('every refusal is one', () => {
    const refusals = types.filter(isObjectType).filter(({ name }) => /(Refused|Invalid)$/.test(name));
    expect(refusals.length).toBeGreaterThan(4);
    for (const type of refusals) expect(type.getInterfaces().map(({ name }) => name)).toContain('Refusal');
  });

  test('every mutation takes one input with a client token, and answers a union of a result and a refusal', () => {
    for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
      const [input, ...more] = field.args;
      const inputType = input && getNamedType(input.type);
      expect([field.name, more.length, isInputObjectType(inputType) && 'clientToken' in inputType.getFields()]).toEqual(
        [field.name, 0, true],
      );
      const answer = getNamedType(field.type);
      const members = isUnionType(answer) ? answer.getTypes() : [];
      const refused = members.filter((type) => type.getInterfaces().some(({ name }) => name === 'Refusal'));
      expect([field.name, refused.length > 0, refused.length < members.length]).toEqual([field.name, true, true]);
    }
  });
});

describe('every field is answered', () => {
  test('the roots: each by a resolver', () => {
    const roots = types.filter(isObjectType).filter(({ name }) => ROOTS.has(name));
    const fields = roots.flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`));
    expect(fields.filter((field) => !resolved.has(field))).toEqual([]);
  });

  // A field that nobody answers would start silently and be null for ever (toolchain, Nest).
  test('the others: by a resolver, or by what the presenters make', () => {
    const seen = new Set<string>();
    const missing = new Set<string>();
    for (const [typeName, value] of samples()) walk(schema.getType(typeName), value, { seen, missing });
    expect([...missing]).toEqual([]);
    const all = types.filter(isObjectType).filter(({ name }) => !ROOTS.has(name));
    expect(all.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
  });
});

interface Walk {
  readonly seen: Set<string>;
  readonly missing: Set<string>;
}

function walk(type: GraphQLNamedType | undefined, value: unknown, found: Walk): void {
  if (!isObjectType(type) || typeof value !== 'object' || value === null) return;
  found.seen.add(type.name);
  for (const field of Object.values(type.getFields())) {
    const path = `${type.name}.${field.name}`;
    if (resolved.has(path)) continue;
    if (!(field.name in value)) found.missing.add(path);
    const member: unknown = Reflect.get(value, field.name);
    for (const item of itemsOf(field.type, member)) walk(typeOf(getNamedType(field.type), item), item, found);
  }
}

function itemsOf(type: GraphQLOutputType, member: unknown): readonly unknown[] {
  const of = isNonNullType(type) ? type.ofType : type;
  return isListType(of) && Array.isArray(member) ? member : [member];
}

function typeOf(type: GraphQLNamedType, value: unknown): GraphQLObjectType | undefined {
  if (isObjectType(type)) return type;
  if (!isUnionType(type) && !isInterfaceType(type)) return undefined;
  const named = schema.getType(String((value as { readonly __typename?: string } | null)?.__typename));
  return isObjectType(named) ? named : undefined;
}

function members(type: GraphQLNamedType): readonly (readonly [string, string | null | undefined])[] {
  if (isEnumType(type)) return type.getValues().map((value) => [`${type.name}.${value.name}`, value.description]);
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field.description]);
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => [
    [`${type.name}.${field.name}`, field.description] as const,
    ...field.args.map((arg) => [`${type.name}.${field.name}(${arg.name})`, arg.description] as const),
  ]);
}
