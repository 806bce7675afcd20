import type { LiveIterator } from '../ports.js';

/** Presents what a source pushes. Ends with it, and ends it. */
export function mapLive<A, B>(source: LiveIterator<A>, present: (item: A) => B): LiveIterator<B> {
  return filterMapLive(source, (item) => ({ value: present(item) }));
}

/** Like {@link mapLive}; what is presented as undefined is left out. */
export function filterMapLive<A, B>(
  source: LiveIterator<A>,
  present: (item: A) => { readonly value: B } | undefined,
): LiveIterator<B> {
  return {
    async next() {
      for (;;) {
        const result = await source.next();
        if (result.done === true) return { done: true, value: undefined };
        const presented = present(result.value);
        if (presented !== undefined) return { done: false, value: presented.value };
      }
    },
    async return() {
      await source.return();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/**
 * Some items first, then a source that was opened before they were read, so that nothing falls between.
 */
export function prefixLive<T>(first: readonly T[], source: LiveIterator<T>): LiveIterator<T> {
  const waiting = [...first];
  return {
    async next() {
      const item = waiting.shift();
      return item === undefined ? source.next() : { done: false, value: item };
    },
    async return() {
      waiting.length = 0;
      return source.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/**
 * Follows a source until `step` asks to open another one, e.g. while a pipeline's name belongs to nobody, then to somebody.
 *
 * @param open - opens the source to follow now.
 * @param step - presents an item, and says whether to open anew behind it.
 */
export function reopeningLive<A, B>(
  open: () => Promise<LiveIterator<A>>,
  step: (item: A) => { readonly value?: { readonly of: B }; readonly reopen: boolean },
): LiveIterator<B> {
  let source: LiveIterator<A> | undefined;
  let ended = false;
  const current = async (): Promise<LiveIterator<A>> => {
    const opened = source ?? (await open());
    source = opened;
    if (ended) await opened.return();
    return opened;
  };
  const close = async (): Promise<void> => {
    const closing = source;
    source = undefined;
    await closing?.return();
  };
  return {
    async next() {
      while (!ended) {
        const result = await (await current()).next();
        if (result.done === true) break;
        const { value, reopen } = step(result.value);
        if (reopen) await close();
        if (value !== undefined) return { done: false, value: value.of };
      }
      return { done: true, value: undefined };
    },
    async return() {
      ended = true;
      await close();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
