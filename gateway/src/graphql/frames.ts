import type { FormattedExecutionResult } from 'graphql';

const PLACEHOLDER = /"type":"next","payload":"frame:(\d+)"\}$/;

/**
 * graphql-ws serialises every message whole. A payload that is text already is put in behind its back: the message carries a placeholder,
 * and `fill` puts the text in its place on the way to the socket. One for each socket.
 *
 * A client can't forge one: its own text stands escaped inside quotes, and nothing but a `next` message ends like this.
 */
export class Frames {
  readonly #texts = new Map<string, string>();
  #count = 0;

  /** What to hand to graphql-ws as the result. */
  placeholder(json: string): FormattedExecutionResult {
    const number = String((this.#count += 1));
    this.#texts.set(number, json);
    return { toJSON: () => `frame:${number}` } as unknown as FormattedExecutionResult;
  }

  fill(message: string): string {
    const match = PLACEHOLDER.exec(message.slice(-80));
    const [found, number] = match ?? [];
    if (found === undefined || number === undefined) return message;
    const text = this.#texts.get(number);
    if (text === undefined) return message;
    this.#texts.delete(number);
    return `${message.slice(0, message.length - found.length)}"type":"next","payload":${text}}`;
  }
}
