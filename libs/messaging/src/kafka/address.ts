import { OperationalError } from '@millrace/runtime';

export interface KafkaAddress {
  /** `host:port`, one or more: the brokers to ask first. */
  readonly brokers: readonly string[];
  readonly tls: boolean;
  readonly login?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
}

const SHAPE = /^kafka:\/\/(?:(?<user>[^:@/]+):(?<password>[^@/]+)@)?(?<hosts>[^/?@]+)\/?(?:\?(?<query>.*))?$/;
const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/**
 * `kafka://[user:password@]host:port[,host:port…][?tls=true&mechanism=scram-sha-512]`; the mechanism is `scram-sha-512` unless it is said.
 *
 * @throws OperationalError `MESSAGES_ADDRESS`; its message never holds the password.
 */
export function kafkaAddress(text: string): KafkaAddress {
  const { user, password, hosts, query } = SHAPE.exec(text)?.groups ?? {};
  const brokers = hosts?.split(',') ?? [];
  if (brokers.length === 0 || !brokers.every((broker) => /^(\[[0-9a-f:]+\]|[\w.-]+):\d{1,5}$/i.test(broker)))
    throw unusable('kafka://user:password@host:9092,host:9092?tls=true is expected');
  const parameters = new URLSearchParams(query);
  const tls = parameters.get('tls') ?? 'false';
  if (tls !== 'true' && tls !== 'false') throw unusable('tls is true or false');
  const asked = parameters.get('mechanism') ?? 'scram-sha-512';
  const mechanism = MECHANISMS.find((known) => known === asked);
  if (mechanism === undefined) throw unusable(`mechanism is one of ${MECHANISMS.join(', ')}`);
  if (user === undefined || password === undefined) return { brokers, tls: tls === 'true' };
  return {
    brokers,
    tls: tls === 'true',
    login: { mechanism, username: decodeURIComponent(user), password: decodeURIComponent(password) },
  };
}

function unusable(expectation: string): OperationalError {
  return new OperationalError(`The address of Kafka is not usable: ${expectation}.`, {
    retryable: false,
    code: 'MESSAGES_ADDRESS',
  });
}
