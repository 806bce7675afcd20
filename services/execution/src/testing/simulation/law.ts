/** What must hold whatever happens in whatever order. */
export class BrokenLaw extends Error {
  override readonly name = 'BrokenLaw';
}

export function hold(holds: boolean, law: string): asserts holds {
  if (!holds) throw new BrokenLaw(`Broken: ${law}`);
}
