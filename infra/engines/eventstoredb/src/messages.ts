/**
 * Between the protocol's messages and the log's. The message classes are those that the client ships (its `generated` folder): they are
 * made from EventStoreDB's own .proto files and serve either side.
 */
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import statusPb from '@eventstore/db-client/generated/status_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import type * as Shared from '@eventstore/db-client/generated/shared_pb.js';
import type * as Streams from '@eventstore/db-client/generated/streams_pb.js';
import type { AppendOutcome, Expected, ProposedEvent, StoredEvent } from './log.ts';

/** What the protocol says where there is no position. */
export const NO_POSITION = '18446744073709551615';
/** How the errors of a whole append name themselves (code of google.rpc.Status). */
const FAILED_PRECONDITION = 9;
const INVALID_ARGUMENT = 3;

/** The four ways in which the requests say what they are based on; their names differ from message to message. */
interface ExpectationFields {
  hasNoStream(): boolean;
  hasAny(): boolean;
  hasStreamExists(): boolean;
}

export function expectedOf(options: ExpectationFields, revision: () => string): Expected {
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasAny()) return 'any';
  return options.hasStreamExists() ? 'stream_exists' : BigInt(revision());
}

export function streamNameOf(
  options: { getStreamIdentifier(): Shared.StreamIdentifier | undefined } | undefined,
): string {
  return Buffer.from(options?.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString();
}

export function proposedOf(
  message: Streams.AppendReq.ProposedMessage | Streams.BatchAppendReq.ProposedMessage,
): ProposedEvent {
  const metadata = message.getMetadataMap();
  return {
    id: message.getId()?.getString() ?? '',
    type: metadata.get('type') ?? '',
    contentType: metadata.get('content-type') ?? 'application/octet-stream',
    metadata: message.getCustomMetadata_asU8(),
    data: message.getData_asU8(),
  };
}

/** As the server counts an append against its limit. */
export function sizeOnDisk(events: readonly ProposedEvent[]): number {
  let bytes = 0;
  for (const { type, metadata, data } of events) bytes += type.length * 2 + metadata.length + data.length;
  return bytes;
}

export function eventResponse(event: StoredEvent): Streams.ReadResp {
  const position = String(event.position);
  const recorded = new streamsPb.ReadResp.ReadEvent.RecordedEvent();
  recorded.setId(new sharedPb.UUID().setString(event.id));
  recorded.setStreamIdentifier(identifier(event.stream));
  recorded.setStreamRevision(String(event.revision));
  recorded.setCommitPosition(position);
  recorded.setPreparePosition(position);
  recorded.getMetadataMap().set('type', event.type);
  recorded.getMetadataMap().set('created', event.createdTicks);
  recorded.getMetadataMap().set('content-type', event.contentType);
  recorded.setCustomMetadata(event.metadata);
  recorded.setData(event.data);
  const read = new streamsPb.ReadResp.ReadEvent();
  read.setEvent(recorded);
  read.setCommitPosition(position);
  return new streamsPb.ReadResp().setEvent(read);
}

export function streamNotFoundResponse(stream: string): Streams.ReadResp {
  const notFound = new streamsPb.ReadResp.StreamNotFound().setStreamIdentifier(identifier(stream));
  return new streamsPb.ReadResp().setStreamNotFound(notFound);
}

export function confirmationResponse(id: string): Streams.ReadResp {
  return new streamsPb.ReadResp().setConfirmation(
    new streamsPb.ReadResp.SubscriptionConfirmation().setSubscriptionId(id),
  );
}

export function checkpointResponse(position: number): Streams.ReadResp {
  const checkpoint = new streamsPb.ReadResp.Checkpoint();
  checkpoint.setCommitPosition(String(position));
  checkpoint.setPreparePosition(String(position));
  return new streamsPb.ReadResp().setCheckpoint(checkpoint);
}

export function appendResponse(
  expected: Expected,
  outcome: Exclude<AppendOutcome, { readonly kind: 'stream-deleted' }>,
): Streams.AppendResp {
  const response = new streamsPb.AppendResp();
  if (outcome.kind === 'wrong-expected-version')
    return response.setWrongExpectedVersion(wrongExpectedVersion(expected, outcome.current));
  const position = new streamsPb.AppendResp.Position();
  position.setCommitPosition(String(outcome.position));
  position.setPreparePosition(String(outcome.position));
  const success = new streamsPb.AppendResp.Success();
  success.setCurrentRevision(String(outcome.revision));
  success.setPosition(position);
  return response.setSuccess(success);
}

function wrongExpectedVersion(expected: Expected, current: number): Streams.AppendResp.WrongExpectedVersion {
  const details = new streamsPb.AppendResp.WrongExpectedVersion();
  if (current < 0) details.setCurrentNoStream(new sharedPb.Empty());
  else details.setCurrentRevision(String(current));
  if (expected === 'any') details.setExpectedAny(new sharedPb.Empty());
  else if (expected === 'no_stream') details.setExpectedNoStream(new sharedPb.Empty());
  else if (expected === 'stream_exists') details.setExpectedStreamExists(new sharedPb.Empty());
  else details.setExpectedRevision(String(expected));
  return details;
}

/** Of one batch on the shared stream of appends, where failures are messages and no errors of the call. */
export function batchResponse(
  batch: { readonly correlationId: Shared.UUID | undefined; readonly stream: string; readonly expected: Expected },
  outcome: AppendOutcome,
): Streams.BatchAppendResp {
  const response = new streamsPb.BatchAppendResp();
  response.setCorrelationId(batch.correlationId);
  response.setStreamIdentifier(identifier(batch.stream));
  if (outcome.kind === 'wrong-expected-version') {
    const details = batchWrongExpectedVersion(batch.expected, outcome.current).serializeBinary();
    return response.setError(statusOf(FAILED_PRECONDITION, 'event_store.client.WrongExpectedVersion', details));
  }
  if (outcome.kind === 'stream-deleted') {
    const details = new sharedPb.StreamDeleted().setStreamIdentifier(identifier(batch.stream)).serializeBinary();
    return response.setError(statusOf(FAILED_PRECONDITION, 'event_store.client.StreamDeleted', details));
  }
  const position = new sharedPb.AllStreamPosition();
  position.setCommitPosition(String(outcome.position));
  position.setPreparePosition(String(outcome.position));
  const success = new streamsPb.BatchAppendResp.Success();
  success.setCurrentRevision(String(outcome.revision));
  success.setPosition(position);
  return response.setSuccess(success);
}

export function batchTooLarge(
  batch: { readonly correlationId: Shared.UUID | undefined; readonly stream: string },
  maxAppendSize: number,
): Streams.BatchAppendResp {
  const response = new streamsPb.BatchAppendResp();
  response.setCorrelationId(batch.correlationId);
  response.setStreamIdentifier(identifier(batch.stream));
  const details = new sharedPb.MaximumAppendSizeExceeded().setMaxappendsize(maxAppendSize).serializeBinary();
  return response.setError(statusOf(INVALID_ARGUMENT, 'event_store.client.MaximumAppendSizeExceeded', details));
}

function batchWrongExpectedVersion(expected: Expected, current: number): Shared.WrongExpectedVersion {
  const details = new sharedPb.WrongExpectedVersion();
  if (current < 0) details.setCurrentNoStream(new emptyPb.Empty());
  else details.setCurrentStreamRevision(String(current));
  if (expected === 'any') details.setExpectedAny(new emptyPb.Empty());
  else if (expected === 'no_stream') details.setExpectedNoStream(new emptyPb.Empty());
  else if (expected === 'stream_exists') details.setExpectedStreamExists(new emptyPb.Empty());
  else details.setExpectedStreamPosition(String(expected));
  return details;
}

function statusOf(code: number, type: string, details: Uint8Array) {
  const any = new anyPb.Any();
  any.pack(details, type);
  const answer = new statusPb.Status();
  answer.setCode(code);
  answer.setMessage(type);
  answer.setDetails(any);
  return answer;
}

function identifier(stream: string): Shared.StreamIdentifier {
  return new sharedPb.StreamIdentifier().setStreamName(Buffer.from(stream).toString('base64'));
}

/** Errors of a call carry their kind in the trailers; the client makes its own classes of it. */
function serviceError(code: status, details: string, trailers: Readonly<Record<string, string>>): ServiceError {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return Object.assign(new Error(details), { code, details, metadata });
}

export function streamDeleted(stream: string): ServiceError {
  return serviceError(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });
}

export function tooLarge(maxAppendSize: number): ServiceError {
  return serviceError(status.INVALID_ARGUMENT, `Maximum Append Size of ${maxAppendSize} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(maxAppendSize),
  });
}

export function accessDenied(): ServiceError {
  return serviceError(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });
}

export function wrongVersion(stream: string, expected: Expected, current: number): ServiceError {
  return serviceError(
    status.FAILED_PRECONDITION,
    `Append failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${String(expected)}, Actual version: ${current}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': typeof expected === 'bigint' ? String(expected) : '-1',
      ...(current < 0 ? {} : { 'actual-version': String(current) }),
    },
  );
}
