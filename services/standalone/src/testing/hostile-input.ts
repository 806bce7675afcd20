import {
  buildClientSchema,
  getIntrospectionQuery,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
  type IntrospectionQuery,
} from 'graphql';
import type { Api } from './api.js';

export type OperationKind = 'query' | 'mutation' | 'subscription';

/** An operation of the schema, asked for with variables that mean harm. */
export interface HostileRequest {
  /** For people, e.g. `mutation startExecution, input.pipeline: an object`. */
  readonly title: string;
  readonly kind: OperationKind;
  readonly document: string;
  /** As text: `__proto__` is a member like any other there. */
  readonly variables: string;
  /** The member that is wrong. */
  readonly member: string;
  /** Whether the schema alone forbids it: then it must be refused, and the refusal name the member. */
  readonly forbidden: boolean;
}

export async function schemaOf(api: Api): Promise<GraphQLSchema> {
  return buildClientSchema(await api.query<IntrospectionQuery>(getIntrospectionQuery({ descriptions: false })));
}

/** Every argument and every member of every input of every operation, wrong in every way that we know. */
export function hostileRequests(schema: GraphQLSchema): readonly HostileRequest[] {
  const roots: readonly (readonly [OperationKind, ReturnType<GraphQLSchema['getQueryType']>])[] = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ];
  return roots.flatMap(([kind, root]) =>
    Object.values(root?.getFields() ?? {}).flatMap((field) => requestsOf(kind, field)),
  );
}

function requestsOf(kind: OperationKind, field: GraphQLField<unknown, unknown>): readonly HostileRequest[] {
  const harmless = Object.fromEntries(
    field.args.filter(isRequired).map((each) => [each.name, harmlessValue(each.type)]),
  );
  return field.args
    .flatMap((argument) => placesOf(argument, []))
    .flatMap((place) => attacksOn(place).map((attack) => ({ place, attack })))
    .map(({ place, attack }) => ({
      title: `${kind} ${field.name}, ${place.path.join('.')}: ${attack.title}`,
      kind,
      document: documentOf(kind, field),
      variables: JSON.stringify(changed(harmless, place.path, attack)).replaceAll('"__PROTO__"', '"__proto__"'),
      member: attack.extra ?? place.path.at(-1) ?? '',
      forbidden: attack.forbidden,
    }));
}

function documentOf(kind: OperationKind, field: GraphQLField<unknown, unknown>): string {
  const selection = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
  if (field.args.length === 0) return `${kind} { ${field.name}${selection} }`;
  const declared = field.args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const given = field.args.map(({ name }) => `${name}: $${name}`).join(', ');
  return `${kind} (${declared}) { ${field.name}(${given})${selection} }`;
}

interface Place {
  readonly path: readonly string[];
  readonly type: GraphQLInputType;
  readonly required: boolean;
}

const isRequired = ({ type, defaultValue }: GraphQLArgument | GraphQLInputField): boolean =>
  isNonNullType(type) && defaultValue === undefined;

function placesOf(member: GraphQLArgument | GraphQLInputField, above: readonly string[]): readonly Place[] {
  const path = [...above, member.name];
  const named = getNamedType(member.type);
  const inner = isInputObjectType(named) && !isListType(nullable(member.type)) ? Object.values(named.getFields()) : [];
  return [{ path, type: member.type, required: isRequired(member) }, ...inner.flatMap((each) => placesOf(each, path))];
}

function nullable(type: GraphQLInputType): GraphQLInputType {
  return isNonNullType(type) ? type.ofType : type;
}

interface Attack {
  readonly title: string;
  readonly value: unknown;
  readonly forbidden: boolean;
  /** A member that does not exist, set inside the value instead of replacing it. */
  readonly extra?: string;
  readonly remove?: boolean;
}

const DEEP = 400;
const deep = (): unknown => {
  let value: unknown = 'x';
  for (let level = 0; level < DEEP; level += 1) value = [value];
  return value;
};

/** Texts that have broken others: each may be refused or be a name that nobody has, and nothing else. */
const EVIL_TEXTS: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['101 characters', 'x'.repeat(101)],
  ['100,000 characters', 'x'.repeat(100_000)],
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['a NUL', 'a\u0000b'],
  ['half a character', '\ud800'],
  ['a path', '../../etc/passwd'],
  ['a command', "'; DROP TABLE events; $(touch /tmp/pwned)"],
  ['a huge number', '9'.repeat(40)],
];
const TEXT_TYPES: readonly string[] = ['String', 'ID', 'Position', 'DateTime', 'JSON'];

function attacksOn({ type, required, path }: Place): readonly Attack[] {
  const named = getNamedType(type);
  const isText = TEXT_TYPES.includes(named.name);
  const isOpen = named.name === 'JSON';
  const isList = isListType(nullable(type));
  const object = isInputObjectType(named);
  return [
    { title: 'an object', value: { wrong: true }, forbidden: !isOpen },
    // A single value is a list of one: the specification says so.
    { title: 'a list', value: [[1], { a: 1 }], forbidden: !isOpen },
    { title: `${DEEP} lists inside each other`, value: deep(), forbidden: !isOpen },
    { title: 'a boolean', value: true, forbidden: !isOpen && named.name !== 'Boolean' },
    { title: 'half', value: 0.5, forbidden: !isOpen },
    { title: 'minus one', value: -1, forbidden: false },
    { title: 'more than any integer', value: 1e300, forbidden: false },
    { title: 'null', value: null, forbidden: isNonNullType(type) },
    ...(required ? [{ title: 'missing', value: undefined, forbidden: true, remove: true }] : []),
    ...(isText && !isList
      ? EVIL_TEXTS.map(([title, value]) => ({ title, value, forbidden: false }))
      : [{ title: 'a text', value: 'nonsense', forbidden: !isText }]),
    ...(object && !isList
      ? ['surplus', '__PROTO__'].map((extra) => ({
          title: `with a member ${extra.toLowerCase()}`,
          value: 1,
          forbidden: true,
          extra: extra.toLowerCase(),
        }))
      : []),
    ...(path.at(-1) === 'first' ? [{ title: 'a million', value: 1_000_000, forbidden: true }] : []),
  ];
}

const ID = '00000000-0000-4000-8000-000000000000';

/** Something that the schema takes and that changes nothing. */
function harmlessValue(type: GraphQLInputType): unknown {
  const bare = nullable(type);
  if (isListType(bare)) return [];
  if (isEnumType(bare)) return bare.getValues()[0]?.name;
  if (isInputObjectType(bare))
    return Object.fromEntries(
      Object.values(bare.getFields())
        .filter(isRequired)
        .map((field) => [field.name, harmlessValue(field.type)]),
    );
  return HARMLESS[getNamedType(bare).name] ?? 'nobody';
}

const HARMLESS: Readonly<Record<string, unknown>> = {
  ID,
  Int: 1,
  Long: 0,
  Boolean: false,
  DateTime: '2030-01-01T00:00:00.000Z',
};

function changed(harmless: object, path: readonly string[], { value, extra, remove }: Attack): object {
  const copy = structuredClone(harmless) as Record<string, unknown>;
  let at = copy;
  for (const name of path.slice(0, -1)) {
    at[name] ??= {};
    at = at[name] as Record<string, unknown>;
  }
  const last = path.at(-1) ?? '';
  if (remove === true) delete at[last];
  else if (extra === undefined) at[last] = value;
  else at[last] = { ...(at[last] as object | undefined), [extra === '__proto__' ? '__PROTO__' : extra]: value };
  return copy;
}
