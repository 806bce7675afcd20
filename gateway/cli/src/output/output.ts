import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Surroundings } from '../surroundings.js';
import { styleOf, wantsColours, type Style } from './style.js';
import { table } from './table.js';

/** What a command says: results to stdout, everything about them to stderr. */
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

  /** Waits while the reader is slow, so that a stream of lines is never piled up in memory. */
  async write(text: string | Uint8Array): Promise<void> {
    if (!this.#stdout.write(text) && !this.#stdout.destroyed) await once(this.#stdout, 'drain');
  }

  async line(text = ''): Promise<void> {
    await this.write(`${text}\n`);
  }

  async lines(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.write(`${lines.join('\n')}\n`);
  }

  async table(rows: readonly (readonly string[])[]): Promise<void> {
    await this.lines(table(rows, this.isTerminal ? (this.#stdout.columns ?? 120) : Number.POSITIVE_INFINITY));
  }

  /** The whole result of a command. */
  async value(value: unknown): Promise<void> {
    await this.line(JSON.stringify(value, undefined, 2));
  }

  /** One of a stream of results: a JSON text on a line. */
  async item(value: unknown): Promise<void> {
    await this.line(JSON.stringify(value));
  }

  /** For people only, beside the result: what is waited for, what to do next. */
  note(text: string): void {
    if (!this.json) this.#stderr.write(`${text}\n`);
  }
}
