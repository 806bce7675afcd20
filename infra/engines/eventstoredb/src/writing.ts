import type { sendUnaryData, ServerDuplexStream, ServerReadableStream, ServerUnaryCall } from '@grpc/grpc-js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type * as Shared from '@eventstore/db-client/generated/shared_pb.js';
import type * as Streams from '@eventstore/db-client/generated/streams_pb.js';
import type { AppendOutcome, Expected, ProposedEvent, StandInLog } from './log.ts';
import {
  appendResponse,
  batchResponse,
  batchTooLarge,
  expectedOf,
  proposedOf,
  sizeOnDisk,
  streamDeleted,
  streamNameOf,
  tooLarge,
  wrongVersion,
} from './messages.ts';

type AppendCall = ServerReadableStream<Streams.AppendReq, Streams.AppendResp>;
type BatchCall = ServerDuplexStream<Streams.BatchAppendReq, Streams.BatchAppendResp>;

interface Batch {
  readonly correlationId: Shared.UUID | undefined;
  stream: string;
  expected: Expected;
  readonly events: ProposedEvent[];
}

/** One append a call: its options first, then its events. */
export function answerAppend(log: StandInLog, maxAppendSize: number) {
  return (call: AppendCall, answer: sendUnaryData<Streams.AppendResp>): void => {
    let options: Streams.AppendReq.Options | undefined;
    const events: ProposedEvent[] = [];
    call.on('data', (request: Streams.AppendReq) => {
      const message = request.getProposedMessage();
      if (message === undefined) options = request.getOptions();
      else events.push(proposedOf(message));
    });
    call.on('end', () => {
      if (sizeOnDisk(events) > maxAppendSize) return answer(tooLarge(maxAppendSize));
      const given = options;
      if (given === undefined) return answer(new RangeError('An append needs options.'));
      const stream = streamNameOf(given);
      const expected = expectedOf(given, () => given.getRevision());
      log.append({ stream, expected, events }).then(
        (outcome) => {
          if (outcome.kind === 'stream-deleted') answer(streamDeleted(stream));
          else answer(null, appendResponse(expected, outcome));
        },
        (error: unknown) => answer(error as Error),
      );
    });
  };
}

/** Many appends on one call, each known by its correlation id, cut in pieces where it is large. */
export function answerBatchAppend(log: StandInLog, maxAppendSize: number) {
  return (call: BatchCall): void => {
    const batches = new Map<string, Batch>();
    call.on('data', (request: Streams.BatchAppendReq) => {
      const batch = collect(batches, request);
      if (!request.getIsFinal()) return;
      batches.delete(correlationOf(request));
      if (sizeOnDisk(batch.events) > maxAppendSize) {
        call.write(batchTooLarge(batch, maxAppendSize));
        return;
      }
      log.append(batch).then(
        (outcome) => call.write(batchResponse(batch, outcome)),
        (error: unknown) => call.destroy(error as Error),
      );
    });
    call.on('end', () => call.end());
  };
}

function collect(batches: Map<string, Batch>, request: Streams.BatchAppendReq): Batch {
  const correlationId = request.getCorrelationId();
  const key = correlationOf(request);
  const batch: Batch = batches.get(key) ?? { correlationId, stream: '', expected: 'any', events: [] };
  batches.set(key, batch);
  const options = request.getOptions();
  if (options !== undefined) {
    batch.stream = streamNameOf(options);
    batch.expected = expectedOf(options, () => options.getStreamPosition());
  }
  batch.events.push(...request.getProposedMessagesList().map(proposedOf));
  return batch;
}

function correlationOf(request: Streams.BatchAppendReq): string {
  return request.getCorrelationId()?.getString() ?? '';
}

type EndOptions = Streams.DeleteReq.Options | Streams.TombstoneReq.Options;

export function answerDelete(log: StandInLog) {
  return (
    call: ServerUnaryCall<Streams.DeleteReq, Streams.DeleteResp>,
    answer: sendUnaryData<Streams.DeleteResp>,
  ): void => {
    endStream(call.request.getOptions(), (stream, expected) => log.delete(stream, expected), {
      success: (at) => {
        const position = new streamsPb.DeleteResp.Position();
        position.setCommitPosition(at);
        position.setPreparePosition(at);
        answer(null, new streamsPb.DeleteResp().setPosition(position));
      },
      failure: answer,
    });
  };
}

export function answerTombstone(log: StandInLog) {
  return (
    call: ServerUnaryCall<Streams.TombstoneReq, Streams.TombstoneResp>,
    answer: sendUnaryData<Streams.TombstoneResp>,
  ): void => {
    endStream(call.request.getOptions(), (stream, expected) => log.tombstone(stream, expected), {
      success: (at) => {
        const position = new streamsPb.TombstoneResp.Position();
        position.setCommitPosition(at);
        position.setPreparePosition(at);
        answer(null, new streamsPb.TombstoneResp().setPosition(position));
      },
      failure: answer,
    });
  };
}

function endStream(
  options: EndOptions | undefined,
  end: (stream: string, expected: Expected) => AppendOutcome,
  answers: { readonly success: (position: string) => void; readonly failure: (error: Error) => void },
): void {
  if (options === undefined) return answers.failure(new RangeError('A deletion needs options.'));
  const stream = streamNameOf(options);
  const expected = expectedOf(options, () => options.getRevision());
  const outcome = end(stream, expected);
  if (outcome.kind === 'success') answers.success(String(outcome.position));
  else if (outcome.kind === 'stream-deleted') answers.failure(streamDeleted(stream));
  else answers.failure(wrongVersion(stream, expected, outcome.current));
}
