import type { Envelope } from '@millrace/event-store';
import { isOperational, OperationalError } from '@millrace/runtime';
import type { AddressedCommand, CommandReply } from '../commands.js';

export interface Request {
  readonly command: AddressedCommand;
  readonly envelope: Envelope;
}

/** What came of a request: the reply, or what its receiver has thrown. */
export type Answer =
  | { readonly reply: CommandReply }
  | {
      readonly failure: {
        readonly message: string;
        /** Of an OperationalError; anything else is a defect, and its text stays where it happened. */
        readonly operational?: {
          readonly retryable: boolean;
          readonly mayHaveHappened: boolean;
          readonly code: string;
        };
      };
    };

export function requestText(request: Request): string {
  return JSON.stringify(request);
}

export function parseRequest(text: string): Request {
  return JSON.parse(text) as Request;
}

/** A position is a bigint, which JSON does not know. */
export function answerText(answer: Answer): string {
  return JSON.stringify(answer, (key, value: unknown) =>
    key === 'position' && typeof value === 'bigint' ? String(value) : value,
  );
}

export function parseAnswer(text: string): Answer {
  const answer = JSON.parse(text) as Answer;
  if (!('reply' in answer) || !answer.reply.accepted) return answer;
  const { position, ...reply } = answer.reply;
  return { reply: { ...reply, position: position === undefined ? undefined : BigInt(position) } };
}

export function failureOf(error: unknown): Answer {
  if (!isOperational(error))
    return { failure: { message: 'The service has failed on the command; its log says why.' } };
  const { message, retryable, mayHaveHappened, code } = error;
  return { failure: { message, operational: { retryable, mayHaveHappened, code } } };
}

/** @throws what the receiver has thrown. */
export function replyOf(answer: Answer): CommandReply {
  if ('reply' in answer) return answer.reply;
  const { message, operational } = answer.failure;
  if (operational === undefined) throw new Error(message);
  throw new OperationalError(message, operational);
}

/** What keeps its order: a pipeline's commands, else an execution's, else nothing but the command itself. */
export function commandKey({ command, envelope }: Request): string {
  const { pipelineName } = command.data;
  const about =
    envelope.pipelineId ??
    command.executionId ??
    envelope.executionId ??
    (typeof pipelineName === 'string' ? pipelineName : envelope.commandId);
  return `${envelope.project}/${about}`;
}
