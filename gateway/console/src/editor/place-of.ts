import type { SyntaxNode, Tree } from '@lezer/common';

export interface Place {
  readonly from: number;
  readonly to: number;
}

/** `stages[0].configuration["odd key"]` → stages, 0, configuration, odd key. */
export function segmentsOf(path: string): readonly string[] {
  return [...path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)].map(([, index, quoted, plain]) =>
    quoted === undefined ? (index ?? plain ?? '') : (JSON.parse(`"${quoted}"`) as string),
  );
}

/**
 * Where in a JSON or YAML text a member of the definition stands; of one that is missing, where it would: the nearest member around it.
 *
 * @param path - as the platform names it, from the declaration's own root, which may stand in `pipeline`.
 */
export function placeOf(tree: Tree, text: string, path: string): Place {
  let node = valueIn(tree.topNode);
  const wrapped = node && child(node, 'pipeline', text);
  if (wrapped !== undefined && child(wrapped.value, 'stages', text) !== undefined) node = wrapped.value;
  let place: Place = firstLine(text);
  for (const segment of segmentsOf(path)) {
    const next = node && child(node, segment, text);
    if (next === undefined) return place;
    place = next.place;
    node = next.value;
  }
  return place;
}

function firstLine(text: string): Place {
  const end = text.indexOf('\n');
  return { from: 0, to: end < 0 ? text.length : end };
}

interface Child {
  readonly value: SyntaxNode | undefined;
  readonly place: Place;
}

const MAPPINGS = ['Object', 'BlockMapping', 'FlowMapping'];
const SEQUENCES = ['Array', 'BlockSequence', 'FlowSequence'];
const WRAPPERS = ['JsonText', 'Stream', 'Document', 'Tagged', 'Anchored'];
const MEMBERS = ['Property', 'Pair'];
const NO_VALUES = [
  '[',
  ']',
  ',',
  '{',
  '}',
  ':',
  '-',
  '?',
  'Comment',
  '⚠',
  'Directive',
  'DirectiveEnd',
  'DocEnd',
  'Key',
  'PropertyName',
];

function child(node: SyntaxNode | undefined, segment: string, text: string): Child | undefined {
  if (node === undefined) return undefined;
  if (MAPPINGS.includes(node.name)) return member(node, segment, text);
  if (SEQUENCES.includes(node.name)) return item(node, Number(segment));
  return undefined;
}

function member(mapping: SyntaxNode, name: string, text: string): Child | undefined {
  for (const pair of children(mapping).filter((each) => MEMBERS.includes(each.name))) {
    const key = children(pair).find((each) => each.name === 'Key' || each.name === 'PropertyName');
    if (key === undefined || scalar(text.slice(key.from, key.to)) !== name) continue;
    return { value: valueIn(pair), place: { from: key.from, to: key.to } };
  }
  return undefined;
}

function item(sequence: SyntaxNode, index: number): Child | undefined {
  const found = children(sequence).filter((each) => !NO_VALUES.includes(each.name))[index];
  if (found === undefined) return undefined;
  const value = found.name === 'Item' ? valueIn(found) : found;
  const at = value ?? found;
  return { value, place: { from: at.from, to: Math.min(at.to, at.from + 1) } };
}

/** The value inside of a member, an item or the document. */
function valueIn(node: SyntaxNode): SyntaxNode | undefined {
  const value = children(node).find((each) => !NO_VALUES.includes(each.name));
  return value !== undefined && WRAPPERS.includes(value.name) ? valueIn(value) : value;
}

function children(node: SyntaxNode): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let each = node.firstChild; each !== null; each = each.nextSibling) found.push(each);
  return found;
}

function scalar(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (!text.startsWith('"')) return text.trim();
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}

/** The names from the root to a place: what may stand there depends on them. List items are `[]`. */
export function pathAt(tree: Tree, text: string, position: number): readonly string[] {
  const path: string[] = [];
  let node: SyntaxNode | null = tree.resolveInner(position, -1);
  for (; node !== null; node = node.parent) {
    if (SEQUENCES.includes(node.name)) path.unshift('[]');
    const key = MEMBERS.includes(node.name)
      ? children(node).find((each) => each.name === 'Key' || each.name === 'PropertyName')
      : undefined;
    if (key !== undefined && position > key.to) path.unshift(scalar(text.slice(key.from, key.to)));
  }
  return path[0] === 'pipeline' ? path.slice(1) : path;
}
