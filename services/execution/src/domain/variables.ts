import { resolveVariableReferences } from '@millrace/contracts/pipeline-definition';
import type { KnownExecution } from './execution.state.js';

/** Of the resolved configuration of one action (codepipeline, section 4.2). */
const RESOLVED_BYTES_MAX = 100 * 1024;

export type Resolved<T> =
  { readonly resolved: true; readonly value: T } | { readonly resolved: false; readonly message: string };

/**
 * Replaces each `#{namespace.key}`, once: a value that itself contains `#{…}` stays literal (codepipeline-structure, section 3.2).
 */
export function resolveText(text: string, execution: KnownExecution): Resolved<string> {
  const { text: value, unresolved } = resolveVariableReferences(text, (namespace, key) =>
    lookUp(namespace, key, execution),
  );
  if (unresolved.length === 0) return { resolved: true, value };
  const names = unresolved.map((reference) => reference.text).join(', ');
  return { resolved: false, message: `No action of this execution has set ${names}.` };
}

function lookUp(namespace: string, key: string, { facts, namespaces }: KnownExecution): string | undefined {
  if (namespace === 'codepipeline') return key === 'PipelineExecutionId' ? facts.executionId : undefined;
  const values = namespaces.get(namespace);
  if (values !== undefined) return Object.hasOwn(values, key) ? values[key] : undefined;
  return namespace === 'variables' ? facts.variables.find(({ name }) => name === key)?.value : undefined;
}

/** All values of a map; the first that can't be resolved is named. */
export function resolveMap(
  texts: Readonly<Record<string, string>>,
  execution: KnownExecution,
): Resolved<Readonly<Record<string, string>>> {
  const entries: [string, string][] = [];
  let bytes = 0;
  for (const [key, text] of Object.entries(texts)) {
    const resolved = resolveText(text, execution);
    if (!resolved.resolved) return { resolved: false, message: `${key}: ${resolved.message}` };
    bytes += Buffer.byteLength(key) + Buffer.byteLength(resolved.value);
    entries.push([key, resolved.value]);
  }
  if (bytes > RESOLVED_BYTES_MAX)
    return {
      resolved: false,
      message: `The resolved configuration has ${bytes} bytes; ${RESOLVED_BYTES_MAX} are allowed.`,
    };
  return { resolved: true, value: Object.fromEntries(entries) };
}
