import { Inject } from '@nestjs/common';
import { Scalar, type CustomScalar } from '@nestjs/graphql';
import { Kind, type ValueNode } from 'graphql';
import { badInput } from '../graphql/public-error.js';
import { VISIBILITY, type Visibility } from '../ports.js';

/** Deeper JSON than any definition has is refused before anything walks over it. */
const JSON_DEPTH_MAX = 40;

@Scalar('JSON')
export class JsonScalar implements CustomScalar<unknown, unknown> {
  readonly description = 'Any JSON value. Objects keep the order of their members.';

  serialize(value: unknown): unknown {
    return value;
  }

  parseValue(value: unknown): unknown {
    checkDepth(value, 0);
    return value;
  }

  parseLiteral(node: ValueNode, variables?: Record<string, unknown> | null): unknown {
    return literal(node, variables ?? {}, 0);
  }
}

function checkDepth(value: unknown, depth: number): void {
  if (depth > JSON_DEPTH_MAX) throw badInput(`JSON must not be nested deeper than ${JSON_DEPTH_MAX} levels.`);
  if (typeof value !== 'object' || value === null) return;
  for (const member of Object.values(value)) checkDepth(member, depth + 1);
}

function literal(node: ValueNode, variables: Record<string, unknown>, depth: number): unknown {
  if (depth > JSON_DEPTH_MAX) throw badInput(`JSON must not be nested deeper than ${JSON_DEPTH_MAX} levels.`);
  switch (node.kind) {
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.ENUM:
      throw badInput(`JSON has no bare word ${node.value}; write "${node.value}".`);
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.NULL:
      return null;
    case Kind.LIST:
      return node.values.map((value) => literal(value, variables, depth + 1));
    case Kind.OBJECT:
      return literalObject(node.fields, variables, depth);
    case Kind.VARIABLE:
      return variables[node.name.value];
  }
}

/** Users choose the keys: `__proto__` must become a member, as JSON.parse has it, never a prototype. */
function literalObject(
  fields: readonly { readonly name: { readonly value: string }; readonly value: ValueNode }[],
  variables: Record<string, unknown>,
  depth: number,
): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const field of fields)
    Object.defineProperty(object, field.name.value, {
      value: literal(field.value, variables, depth + 1),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return object;
}

@Scalar('DateTime')
export class DateTimeScalar implements CustomScalar<string, string> {
  readonly description = 'An instant: ISO 8601 in UTC with milliseconds, e.g. `2026-11-24T12:00:00.000Z`.';

  serialize(value: unknown): string {
    return String(value);
  }

  parseValue(value: unknown): string {
    if (
      typeof value !== 'string' ||
      !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/.test(value)
    )
      throw badInput('A DateTime must be an ISO 8601 instant, e.g. 2026-11-24T12:00:00.000Z.');
    const ms = Date.parse(value);
    if (Number.isNaN(ms)) throw badInput(`There is no such instant as ${value}.`);
    return new Date(ms).toISOString();
  }

  parseLiteral(node: ValueNode): string {
    return this.parseValue(node.kind === Kind.STRING ? node.value : undefined);
  }
}

@Scalar('Long')
export class LongScalar implements CustomScalar<number, number> {
  readonly description = 'A whole number from 0 to 2^53 - 1: bytes, offsets, counts without a bound.';

  serialize(value: unknown): number {
    return Number(value);
  }

  parseValue(value: unknown): number {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      throw badInput('A Long must be a whole number from 0 to 2^53 - 1.');
    return value;
  }

  parseLiteral(node: ValueNode): number {
    return this.parseValue(node.kind === Kind.INT ? Number(node.value) : undefined);
  }
}

/** Inside the house a position is a number; it leaves with the log's id (decision 9). */
@Scalar('Position')
export class PositionScalar implements CustomScalar<string, string> {
  readonly description = 'A place in the log, `<logId>.<number>`: opaque, but larger means later.';

  constructor(@Inject(VISIBILITY) private readonly visibility: Pick<Visibility, 'cursorOf'>) {}

  serialize(value: unknown): string {
    return typeof value === 'bigint' ? this.visibility.cursorOf(value) : String(value);
  }

  parseValue(value: unknown): string {
    if (typeof value !== 'string' || value.length > 100)
      throw badInput('A Position must be one that this server has made.');
    return value;
  }

  parseLiteral(node: ValueNode): string {
    return this.parseValue(node.kind === Kind.STRING ? node.value : undefined);
  }
}

/** For the module that holds the resolvers. */
export const SCALARS = [JsonScalar, DateTimeScalar, LongScalar, PositionScalar] as const;
