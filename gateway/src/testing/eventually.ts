/** Asks until the answer is the wanted one; fails with the last answer after 10 s. */
export async function eventually<T>(read: () => T | Promise<T>, wanted: T): Promise<void> {
  const WITHIN_MS = 10_000;
  const until = Date.now() + WITHIN_MS;
  let found = await read();
  while (!Object.is(found, wanted) && Date.now() < until) {
    await new Promise((resolve) => setImmediate(resolve));
    found = await read();
  }
  expect(found).toBe(wanted);
}
