/** {@link Definitions}. */
export const DEFINITIONS = Symbol('Definitions');

export interface Finding {
  /** Where in the declaration, e.g. `stages[1].actions[2].runOrder`; empty for the whole. */
  readonly path: string;
  readonly message: string;
  readonly code?: string;
}

/** What the context that owns definitions says about one, without a command. */
export interface Definitions {
  /**
   * The value that a text of JSON or YAML stands for.
   *
   * @throws Error named `UnreadableDefinition`, whose message says where the text is wrong.
   */
  parse(text: string): unknown;

  /** What creating it would say. Never throws. */
  validate(declaration: unknown): {
    readonly ok: boolean;
    readonly violations?: readonly Finding[];
    /** Of an acceptable definition. */
    readonly notices?: readonly Finding[];
  };
}
