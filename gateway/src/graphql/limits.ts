import {
  GraphQLError,
  Kind,
  MaxIntrospectionDepthRule,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  typeFromAST,
  type ASTVisitor,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';

/** What one document may ask for, over HTTP and socket alike. */
export const LIMITS = {
  /**
   * Characters of a document; over the socket the frame's limit is the same. Blanks and commas are no tokens, and graphql-js counts the lines
   * before every error: one document of 1 MB, all line breaks, held the event loop for 6.8 s. Long texts travel as variables.
   */
  charactersMax: 65_536,
  /** Errors of one validation; what they cost is this many times the document's lines. */
  errorsMax: 10,
  /** Lexical tokens; also bounds what the validation itself costs: overlapping fields are compared in pairs (2,000 tokens 90 ms, 1,000 25 ms). */
  tokensMax: 1_000,
  /** Fields inside each other; the introspection query has 15. */
  depthMax: 15,
  aliasesMax: 50,
  rootFieldsMax: 20,
  /** Fields resolved at most, where a page has as many nodes as were asked for and any other list {@link LIST_ITEMS}. */
  costMax: 50_000,
} as const;

/** Items that an unpaged list is taken to have. */
const LIST_ITEMS = 5;
/** Items of a page whose size is a variable's. */
const PAGE_ITEMS_MAX = 100;

interface Measure {
  readonly depth: number;
  readonly cost: number;
  readonly aliases: number;
}

const NOTHING: Measure = { depth: 0, cost: 0, aliases: 0 };

/** Rules beside those of the specification. */
export const limitRules: readonly ValidationRule[] = [MaxIntrospectionDepthRule, limitsRule];

function limitsRule(context: ValidationContext): ASTVisitor {
  const meter = new Meter(context);
  return {
    OperationDefinition(node) {
      const root = context.getSchema().getRootType(node.operation) ?? undefined;
      const { depth, cost, aliases } = meter.selections(node.selectionSet, root);
      const report = (message: string): void => context.reportError(new GraphQLError(message, { nodes: [node] }));
      if (depth > LIMITS.depthMax) report(`The document is ${depth} fields deep; ${LIMITS.depthMax} are allowed.`);
      if (aliases > LIMITS.aliasesMax) report(`The document has ${aliases} aliases; ${LIMITS.aliasesMax} are allowed.`);
      if (cost > LIMITS.costMax)
        report(`The document may resolve ${cost} fields; ${LIMITS.costMax} are allowed. Ask for smaller pages.`);
      const roots = node.selectionSet.selections.length;
      if (roots > LIMITS.rootFieldsMax)
        report(`The document has ${roots} root fields; ${LIMITS.rootFieldsMax} are allowed.`);
    },
  };
}

/** Measures selections; each fragment once, so that fragments of fragments cost nothing to measure. */
class Meter {
  readonly #fragments = new Map<string, Measure | 'open'>();

  constructor(private readonly context: ValidationContext) {}

  selections(set: SelectionSetNode, parent: GraphQLNamedType | undefined): Measure {
    return set.selections.map((selection) => this.#selection(selection, parent)).reduce(beside, NOTHING);
  }

  #selection(selection: SelectionNode, parent: GraphQLNamedType | undefined): Measure {
    switch (selection.kind) {
      case Kind.FIELD:
        return this.#field(selection, parent);
      case Kind.INLINE_FRAGMENT: {
        const on = selection.typeCondition;
        return this.selections(
          selection.selectionSet,
          on === undefined ? parent : this.context.getSchema().getType(on.name.value),
        );
      }
      case Kind.FRAGMENT_SPREAD:
        return this.#fragment(selection.name.value);
    }
  }

  #field(field: FieldNode, parent: GraphQLNamedType | undefined): Measure {
    const type = fieldType(parent, field.name.value);
    const inner =
      field.selectionSet === undefined ? NOTHING : this.selections(field.selectionSet, type && getNamedType(type));
    return {
      depth: inner.depth + 1,
      cost: 1 + inner.cost * items(field, type),
      aliases: inner.aliases + (field.alias === undefined ? 0 : 1),
    };
  }

  #fragment(name: string): Measure {
    const known = this.#fragments.get(name);
    // A fragment inside itself is refused by the specification's own rules.
    if (known === 'open') return NOTHING;
    if (known !== undefined) return known;
    const definition = this.context.getFragment(name);
    if (definition === null || definition === undefined) return NOTHING;
    this.#fragments.set(name, 'open');
    const measure = this.selections(definition.selectionSet, this.#on(definition));
    this.#fragments.set(name, measure);
    return measure;
  }

  #on(definition: FragmentDefinitionNode): GraphQLNamedType | undefined {
    const type = typeFromAST(this.context.getSchema(), definition.typeCondition);
    return isCompositeType(type) ? type : undefined;
  }
}

function beside(a: Measure, b: Measure): Measure {
  return { depth: Math.max(a.depth, b.depth), cost: a.cost + b.cost, aliases: a.aliases + b.aliases };
}

function fieldType(parent: GraphQLNamedType | undefined, name: string): GraphQLOutputType | undefined {
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name]?.type : undefined;
}

/** How often the selection of a field is resolved. A connection's own lists (`edges`, `nodes`) are counted at the connection. */
function items(field: FieldNode, type: GraphQLOutputType | undefined): number {
  const size = field.arguments?.find((argument) => argument.name.value === 'first')?.value;
  if (size !== undefined) return size.kind === Kind.INT ? Math.min(Number(size.value), 1_000) : PAGE_ITEMS_MAX;
  if (type === undefined || !isListType(getNullableType(type))) return isConnection(type) ? PAGE_ITEMS_MAX : 1;
  return field.name.value === 'edges' || field.name.value === 'nodes' ? 1 : LIST_ITEMS;
}

function isConnection(type: GraphQLOutputType | undefined): boolean {
  return type !== undefined && getNamedType(type).name.endsWith('Connection');
}
