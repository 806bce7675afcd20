// Types of the console's operations, from the schema and src/api/*.graphql: `node gateway/console/scripts/generate-operations.ts`.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildASTSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  parse,
  print,
  specifiedRules,
  NoUnusedFragmentsRule,
  stripIgnoredCharacters,
  typeFromAST,
  validate,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type VariableDefinitionNode,
} from 'graphql';

const CONSOLE = join(import.meta.dirname, '..');
export const GENERATED = join(CONSOLE, 'src/api/generated/operations.ts');

const SCALARS: Readonly<Record<string, string>> = {
  ID: 'string',
  String: 'string',
  Boolean: 'boolean',
  Int: 'number',
  Float: 'number',
  Long: 'number',
  DateTime: 'string',
  Position: 'string',
  JSON: 'unknown',
};

const HEADER = `// Made by gateway/console/scripts/generate-operations.ts from the schema and src/api/*.graphql. Do not edit.

/** An operation's text, and what goes in and comes out. */
export interface Operation<Result, Variables> {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly name: string;
  readonly text: string;
  /** Types only. */
  readonly types?: (variables: Variables) => Result;
}
`;

/** What the file should hold. @throws Error when an operation is not one of the schema. */
export function generate(): string {
  const schema = buildASTSchema(parse(readAll(join(CONSOLE, '../src'))));
  const document = parse(readAll(join(CONSOLE, 'src')));
  const rules = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule);
  const [error] = validate(schema, document, rules);
  if (error !== undefined) throw error;
  return new Generator(schema, document).file();
}

function readAll(directory: string): string {
  const files = globSync('**/*.graphql', { cwd: directory }).toSorted();
  return files.map((file) => readFileSync(join(directory, file), 'utf8')).join('\n');
}

class Generator {
  private readonly schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #operations: readonly OperationDefinitionNode[];
  /** Enums and inputs that are used. */
  readonly #named = new Map<string, string>();

  constructor(schema: GraphQLSchema, document: DocumentNode) {
    this.schema = schema;
    const fragments = document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map((each) => [each.name.value, each]));
    this.#operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  }

  file(): string {
    const fragments = [...this.#fragments.values()].map((fragment) => {
      const type = this.schema.getType(fragment.typeCondition.name.value) as GraphQLCompositeType;
      return `export type ${fragment.name.value} = ${this.#selected(type, fragment.selectionSet, true)};\n`;
    });
    const operations = this.#operations.map((operation) => this.#operation(operation));
    const named = [...this.#named].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
    return [HEADER, ...named, ...fragments, ...operations].join('\n');
  }

  #operation(node: OperationDefinitionNode): string {
    const name = node.name?.value ?? '';
    const root = this.schema.getRootType(node.operation) as GraphQLObjectType;
    const variables = (node.variableDefinitions ?? []).map((each) => this.#variable(each));
    const text = stripIgnoredCharacters([node, ...this.#fragmentsOf(node.selectionSet)].map(print).join('\n'));
    return [
      `export type ${name}Result = ${this.#selected(root, node.selectionSet)};`,
      `export type ${name}Variables = {${variables.join('')}};`,
      `export const ${name}: Operation<${name}Result, ${name}Variables> = {`,
      `  kind: '${node.operation}',`,
      `  name: '${name}',`,
      `  text: ${JSON.stringify(text)},`,
      '};\n',
    ].join('\n');
  }

  #variable({ variable, type: node }: VariableDefinitionNode): string {
    const type = typeFromAST(this.schema, node as never) as GraphQLInputType;
    return this.#inputMember(variable.name.value, type, false);
  }

  #inputMember(name: string, type: GraphQLInputType, hasDefault: boolean): string {
    const optional = !isNonNullType(type) || hasDefault;
    return ` readonly ${name}${optional ? '?' : ''}: ${this.#input(type)}${optional ? ' | undefined' : ''};`;
  }

  #input(type: GraphQLInputType): string {
    if (isNonNullType(type)) return this.#input(type.ofType).replace(/ \| null$/, '');
    if (isListType(type)) return `readonly (${this.#input(type.ofType)})[] | null`;
    return `${this.#name(getNamedType(type))} | null`;
  }

  /** The name of a leaf or an input; remembered, so that it is in the file. */
  #name(type: GraphQLNamedType): string {
    if (!this.#named.has(type.name) && isEnumType(type)) {
      const values = type.getValues().map((value) => `'${value.name}'`);
      this.#named.set(type.name, `export type ${type.name} = ${values.join(' | ')};\n`);
    } else if (!this.#named.has(type.name) && isInputObjectType(type)) {
      this.#named.set(type.name, '');
      const members = Object.values(type.getFields()).map((field) =>
        this.#inputMember(field.name, field.type, field.defaultValue !== undefined),
      );
      this.#named.set(type.name, `export interface ${type.name} {${members.join('')} }\n`);
    }
    return SCALARS[type.name] ?? type.name;
  }

  #selected(type: GraphQLCompositeType, set: SelectionSetNode, whole = false): string {
    const [only] = set.selections;
    if (!whole && set.selections.length === 1 && only?.kind === Kind.FRAGMENT_SPREAD) return only.name.value;
    if (!isAbstractType(type)) return this.#object(type as GraphQLObjectType, set);
    const alternatives = this.schema.getPossibleTypes(type).map((each) => this.#object(each, set));
    return [...new Set(alternatives)].join(' | ');
  }

  #object(type: GraphQLObjectType, set: SelectionSetNode): string {
    const members = [...this.#fields(type, set)].map(([key, field]) => {
      if (field.name.value === '__typename') return ` readonly ${key}: '${type.name}';`;
      const { type: output } = type.getFields()[field.name.value] ?? {};
      return output === undefined ? '' : ` readonly ${key}: ${this.#output(output, field)};`;
    });
    return `{${members.join('')} }`;
  }

  /** By the name under which it is answered; fragments that are of this type stand for their fields. */
  #fields(type: GraphQLObjectType, set: SelectionSetNode): Map<string, FieldNode> {
    const fields = new Map<string, FieldNode>();
    for (const selection of set.selections)
      for (const [key, field] of this.#fieldsOf(type, selection)) fields.set(key, field);
    return fields;
  }

  #fieldsOf(type: GraphQLObjectType, selection: SelectionNode): ReadonlyMap<string, FieldNode> {
    if (selection.kind === Kind.FIELD) return new Map([[(selection.alias ?? selection.name).value, selection]]);
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value);
    const applies = fragment !== undefined && this.#applies(type, fragment.typeCondition?.name.value);
    return applies ? this.#fields(type, fragment.selectionSet) : new Map();
  }

  #applies(type: GraphQLObjectType, condition: string | undefined): boolean {
    if (condition === undefined || condition === type.name) return true;
    const on = this.schema.getType(condition);
    return isAbstractType(on) && this.schema.isSubType(on, type);
  }

  #output(type: GraphQLOutputType, field: FieldNode): string {
    if (isNonNullType(type)) return this.#output(type.ofType, field).replace(/ \| null$/, '');
    if (isListType(type)) return `readonly (${this.#output(type.ofType, field)})[] | null`;
    const named = getNamedType(type);
    const selected =
      (isObjectType(named) || isAbstractType(named)) && field.selectionSet !== undefined
        ? this.#selected(named, field.selectionSet)
        : this.#name(named);
    return `${selected.includes(' | ') ? `(${selected})` : selected} | null`;
  }

  #fragmentsOf(set: SelectionSetNode, found = new Set<FragmentDefinitionNode>()): Set<FragmentDefinitionNode> {
    for (const selection of set.selections) {
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(selection.name.value) : selection;
      if (fragment === undefined) continue;
      if (fragment.kind === Kind.FRAGMENT_DEFINITION) {
        if (found.has(fragment)) continue;
        found.add(fragment);
      }
      if (fragment.selectionSet !== undefined) this.#fragmentsOf(fragment.selectionSet, found);
    }
    return found;
  }
}

if (import.meta.main) writeFileSync(GENERATED, generate());
