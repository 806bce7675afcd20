/** One `#{namespace.key}` in a text. */
export interface VariableReference {
  /** As written, with its braces. */
  readonly text: string;
  readonly namespace: string;
  readonly key: string;
}

/** Everything between `#{` and the next `}`; the parts are told apart by {@link variableReferences}. No backtracking. */
const BRACES = /#\{([^{}]*)\}/g;
const PARTS = /^([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_^[\]*$]+)$/;

/**
 * The references in a text, in order, repeats included, and what looks like one but is none (`#{x}`, `#{a b.c}`), as written.
 * A definition with the latter is refused, so that whoever resolves references meets well-formed ones only.
 */
export function variableReferences(text: string): {
  readonly references: readonly VariableReference[];
  readonly malformed: readonly string[];
} {
  const references: VariableReference[] = [];
  const malformed: string[] = [];
  for (const [whole, inner] of text.matchAll(BRACES)) {
    const [, namespace, key] = PARTS.exec(inner ?? '') ?? [];
    if (namespace === undefined || key === undefined) malformed.push(whole);
    else references.push({ text: whole, namespace, key });
  }
  return { references, malformed };
}

/**
 * Replaces every well-formed reference by its value, in a single pass: a value that itself holds `#{…}` is inserted as it is.
 *
 * @param valueOf - undefined when there is no such variable.
 * @returns the text, and the references without a value (which stay in the text as they are).
 */
export function resolveVariableReferences(
  text: string,
  valueOf: (namespace: string, key: string) => string | undefined,
): { readonly text: string; readonly unresolved: readonly VariableReference[] } {
  const unresolved: VariableReference[] = [];
  const resolved = text.replace(BRACES, (whole, inner: string) => {
    const [, namespace, key] = PARTS.exec(inner) ?? [];
    if (namespace === undefined || key === undefined) return whole;
    const value = valueOf(namespace, key);
    if (value === undefined) unresolved.push({ text: whole, namespace, key });
    return value ?? whole;
  });
  return { text: resolved, unresolved };
}
