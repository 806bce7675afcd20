import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Surroundings } from '../surroundings.js';
import { styleOf, wantsColours, type Style } from './style.js';
import { table } from './table.js';
import { plainLines, shownJson, shownLine } from './terminal-text.js';

/**
 * What a command says: results to stdout, everything about them to stderr. Lines and notes carry colours at most, whatever a command put
 * into them: names, messages and logs are other people's (commands call `plainText` all the same, where a name must stay on its line).
 */
export class Output {
  readonly style: Style;
  readonly #stdout: Surroundings['stdout'];
  readonly #stderr: Writable;

  constructor(
    surroundings: Pick<Surroundings, 'stdout' | 'stderr' | 'env'>,
    /** Results as JSON. */
    readonly json: boolean,
  ) {
    this.#stdout = surroundings.stdout;
    this.#stderr = surroundings.stderr;
    this.style = styleOf(!json && wantsColours(surroundings.env, surroundings.stdout.isTTY === true));
  }

  get isTerminal(): boolean {
    return this.#stdout.isTTY === true;
  }

  /** As it is: for what goes to a file or a program. Waits while the reader is slow, so that a stream of lines is never piled up in memory. */
  async write(text: string | Uint8Array): Promise<void> {
    if (!this.#stdout.write(text) && !this.#stdout.destroyed) await once(this.#stdout, 'drain');
  }

  async line(text = ''): Promise<void> {
    await this.lines([text]);
  }

  async lines(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    await this.write(`${lines.map((line) => shownLine(line, this.style.colours)).join('\n')}\n`);
  }

  async table(rows: readonly (readonly string[])[]): Promise<void> {
    await this.lines(table(rows, this.isTerminal ? (this.#stdout.columns ?? 120) : Number.POSITIVE_INFINITY));
  }

  /** The whole result of a command. */
  async value(value: unknown): Promise<void> {
    await this.write(`${shownJson(value, 2)}\n`);
  }

  /** One of a stream of results: a JSON text on a line. */
  async item(value: unknown): Promise<void> {
    await this.write(`${shownJson(value)}\n`);
  }

  /** For people only, beside the result: what is waited for, what to do next. */
  note(text: string): void {
    if (!this.json) this.#stderr.write(`${plainLines(text)}\n`);
  }
}
