/** CodePipeline's error class for the kind of rule, or what only we say. */
export type ViolationCode =
  | 'Validation'
  | 'InvalidStructure'
  | 'InvalidStageDeclaration'
  | 'InvalidActionDeclaration'
  | 'LimitExceeded'
  /** CodePipeline's, and this release doesn't run it. */
  | 'NOT_YET_SUPPORTED';

export interface Violation {
  /** `stages[0].actions[1].runOrder`, from the declaration's own root; empty for the whole. */
  readonly path: string;
  readonly message: string;
  readonly code: ViolationCode;
}

/** Collects findings in the order in which they are made. */
export interface Report {
  /** @param message - a function where it costs something to word it: what is not shown is not worded. */
  add(path: string, code: ViolationCode, message: string | (() => string)): void;
}

/** A definition of garbage must not make an answer of megabytes. */
export const VIOLATIONS_MAX = 200;

export class Violations implements Report {
  private readonly found: Violation[] = [];
  private omitted = 0;

  add(path: string, code: ViolationCode, message: string | (() => string)): void {
    if (this.found.length >= VIOLATIONS_MAX) this.omitted += 1;
    else this.found.push({ path, code, message: typeof message === 'string' ? message : message() });
  }

  get empty(): boolean {
    return this.found.length === 0;
  }

  list(): readonly Violation[] {
    if (this.omitted === 0) return this.found;
    return [...this.found, { path: '', code: 'Validation', message: `There are ${this.omitted} more violations.` }];
  }
}

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SHOWN_MAX = 60;

/** A user's text for a message: short, without control characters. */
export function shown(text: string): string {
  const short = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
  return short.replace(/\p{Cc}/gu, '�');
}

/** The path of a member of what stands at `at`. */
export function member(at: string, key: string): string {
  if (!PLAIN_KEY.test(key)) return `${at}[${JSON.stringify(shown(key))}]`;
  return at === '' ? key : `${at}.${key}`;
}

export function element(at: string, index: number): string {
  return `${at}[${index}]`;
}
