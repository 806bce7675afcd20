/**
 * Whether two values are the same JSON; the order of an object's members is not part of it.
 * For normalised declarations, whose depth is bounded.
 */
export function sameStructure(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const members = Object.entries(one);
  if (members.length !== Object.keys(other).length) return false;
  const others = new Map<string, unknown>(Object.entries(other));
  return members.every(([key, value]) => others.has(key) && sameStructure(value, others.get(key)));
}
