import { useRef, useState } from 'react';
import { ask } from '../api/client.js';
import type { Operation } from '../api/generated/operations.js';
import { errorText } from '../api/text.js';

interface Refused {
  readonly code: string;
  readonly message: string;
}
type AnswerOf<Result> = Result[keyof Result];
type Accepted<Result> = Exclude<AnswerOf<Result>, Refused>;

export interface Change<Input, Result> {
  readonly busy: boolean;
  /** Why it was refused, or did not work; undefined before and while it is tried. */
  readonly error: string | undefined;
  /** The refusal itself, with all that is in it. */
  readonly refusal: Extract<AnswerOf<Result>, Refused> | undefined;
  /** Undefined when it was refused or no answer came. The same input again is safe: it carries the same token. */
  run(input: Input): Promise<Accepted<Result> | undefined>;
  reset(): void;
}

/** 128 random bits. `crypto.randomUUID` is only there on https and on this machine. */
function newToken(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A mutation of the API: the result, or a refusal in a sentence. */
export function useChange<Input extends object, Result>(
  operation: Operation<Result, { readonly input: Input }>,
): Change<Input, Result> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [refusal, setRefusal] = useState<Extract<AnswerOf<Result>, Refused>>();
  // Kept until an answer comes, so that trying again can't do it twice.
  const pending = useRef<{ readonly text: string; readonly token: string }>(undefined);

  const reset = (): void => {
    setError(undefined);
    setRefusal(undefined);
  };
  const run = async (input: Input): Promise<Accepted<Result> | undefined> => {
    setBusy(true);
    reset();
    const text = JSON.stringify(input);
    if (pending.current?.text !== text) pending.current = { text, token: newToken() };
    try {
      const result = await ask(operation, { input: { ...input, clientToken: pending.current.token } });
      pending.current = undefined;
      const answer = Object.values(result as object)[0] as AnswerOf<Result>;
      if (!isRefused(answer)) return answer as Accepted<Result>;
      setError(answer.message);
      setRefusal(answer as Extract<AnswerOf<Result>, Refused>);
    } catch (caught) {
      setError(errorText(caught));
    } finally {
      setBusy(false);
    }
    return undefined;
  };
  return { busy, error, refusal, run, reset };
}

function isRefused(answer: unknown): answer is Refused {
  return typeof answer === 'object' && answer !== null && 'code' in answer && 'message' in answer;
}
