import { readFileSync } from 'node:fs';
import {
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  status,
  type ServerInterceptor,
  type ServiceError,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import gossipPb from '@eventstore/db-client/generated/gossip_pb.js';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import featuresPb from '@eventstore/db-client/generated/serverfeatures_pb.js';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { randomUUID } from 'node:crypto';
import { StandInLog } from './log.ts';
import { accessDenied } from './messages.ts';
import { answerRead, type ReadCall } from './reading.ts';
import { answerAppend, answerBatchAppend, answerDelete, answerTombstone } from './writing.ts';

export interface StandInOptions {
  readonly directory: string;
  /** 0: any free one. */
  readonly port: number;
  /** PEM files; without them it is insecure, as `tls=false` says. */
  readonly tls?: { readonly certificateFile: string; readonly privateKeyFile: string };
  /** `user:password` that every call has to bring; only with TLS, as the client sends none without. */
  readonly credentials?: string;
  /** Bytes of an append; default 1 MiB, as there. */
  readonly maxAppendSize?: number;
}

export interface RunningStandIn {
  readonly port: number;
  stop(): Promise<void>;
}

const MAX_APPEND_SIZE = 1_048_576;
const MESSAGE_BYTES_MAX = 17 * 1024 * 1024;

export async function startStandIn(options: StandInOptions): Promise<RunningStandIn> {
  const log = new StandInLog(options.directory);
  const server = new Server({
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    interceptors: [refuseOversized, ...(options.credentials === undefined ? [] : [onlyWith(options.credentials)])],
  });
  const maxAppendSize = options.maxAppendSize ?? MAX_APPEND_SIZE;
  server.addService(boundedService(), {
    read: (call: ReadCall) => {
      answerRead(log, call).catch((error: unknown) => call.emit('error', error));
    },
    append: answerAppend(log, maxAppendSize),
    batchAppend: answerBatchAppend(log, maxAppendSize),
    delete: answerDelete(log),
    tombstone: answerTombstone(log),
  } as UntypedServiceImplementation);
  addFeatures(server);
  const port = await bind(server, options);
  addGossip(server, port);
  return {
    port,
    stop: async () => {
      server.forceShutdown();
      log.close();
    },
  };
}

async function bind(server: Server, { port, tls }: StandInOptions): Promise<number> {
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [
          { cert_chain: readFileSync(tls.certificateFile), private_key: readFileSync(tls.privateKeyFile) },
        ]);
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
}

/** One node, and it leads: enough for a client that is given several hosts, and so asks who the leader is. */
function addGossip(server: Server, port: number): void {
  const instanceId = randomUUID();
  server.addService(gossipGrpc.GossipService, {
    read: (_call: unknown, answer: (error: null, info: unknown) => void) => {
      const endPoint = new gossipPb.EndPoint();
      endPoint.setAddress('127.0.0.1');
      endPoint.setPort(port);
      const member = new gossipPb.MemberInfo();
      member.setInstanceId(new sharedPb.UUID().setString(instanceId));
      member.setTimeStamp(String(BigInt(Date.now()) * 10_000n));
      member.setState(gossipPb.MemberInfo.VNodeState.LEADER);
      member.setIsAlive(true);
      member.setHttpEndPoint(endPoint);
      answer(null, new gossipPb.ClusterInfo().setMembersList([member]));
    },
  } as UntypedServiceImplementation);
}

function addFeatures(server: Server): void {
  server.addService(featuresGrpc.ServerFeaturesService, {
    getSupportedMethods: (_call: unknown, answer: (error: null, methods: unknown) => void) => {
      const methods = Object.values(streamsGrpc.StreamsService).map(({ path }) => {
        const [, service = '', method = ''] = path.split('/');
        return new featuresPb.SupportedMethod().setServiceName(service).setMethodName(method.toLowerCase());
      });
      const supported = new featuresPb.SupportedMethods();
      supported.setEventStoreServerVersion('23.10.0-stand-in');
      supported.setMethodsList(methods);
      answer(null, supported);
    },
  } as UntypedServiceImplementation);
}

/** In place of a message that is too large to be looked at. */
const OVERSIZED = Symbol('oversized');

/** The service as it is, but for messages beyond the limit: the library would refuse them in words of its own. */
function boundedService(): typeof streamsGrpc.StreamsService {
  const bounded = Object.entries(streamsGrpc.StreamsService).map(([name, method]) => [
    name,
    {
      ...method,
      requestDeserialize: (bytes: Buffer) =>
        bytes.length > MESSAGE_BYTES_MAX ? OVERSIZED : method.requestDeserialize(bytes),
    },
  ]);
  return Object.fromEntries(bounded) as typeof streamsGrpc.StreamsService;
}

const refuseOversized: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    start: (next) => {
      next({
        onReceiveMessage: (message: unknown, forward) => {
          if (message !== OVERSIZED) return forward(message);
          const details = 'Received message exceeds the maximum configured message size.';
          call.sendStatus({ code: status.RESOURCE_EXHAUSTED, details });
        },
      });
    },
  });

function onlyWith(credentials: string): ServerInterceptor {
  const expected = `Basic ${Buffer.from(credentials).toString('base64')}`;
  return (_method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, forward) => {
            if (metadata.get('authorization')[0] === expected) return forward(metadata);
            const { code, details, metadata: trailers } = accessDenied() as ServiceError;
            call.sendStatus({ code, details, metadata: trailers });
          },
        });
      },
    });
}
