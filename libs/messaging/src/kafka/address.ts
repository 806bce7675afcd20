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
const BROKER = /^(\[[0-9a-f:]+\]|[\w.-]+):\d{1,5}$/i;

/**
 * `kafka://[user:password@]host:port[,host:port…][?tls=true&mechanism=scram-sha-512]`; the mechanism is `scram-sha-512` unless it is said.
 *
 * @throws OperationalError `MESSAGES_ADDRESS`; its message never holds the password.
 */
export function kafkaAddress(text: string): KafkaAddress {
  const { user, password, hosts = '', query = '' } = SHAPE.exec(text)?.groups ?? {};
  const brokers = hosts.split(',');
  if (!brokers.every((broker) => BROKER.test(broker)))
    throw unusable('kafka://user:password@host:9092,host:9092?tls=true is expected');
  const parameters = new URLSearchParams(query);
  const tls = oneOf(['false', 'true'], 'tls', parameters) === 'true';
  const mechanism = oneOf(['scram-sha-512', 'scram-sha-256', 'plain'], 'mechanism', parameters);
  if (user === undefined || password === undefined) return { brokers, tls };
  const login = { mechanism, username: decodeURIComponent(user), password: decodeURIComponent(password) };
  return { brokers, tls, login };
}

/** The first is meant where nothing is said. */
function oneOf<T extends string>(known: readonly [T, ...T[]], name: string, parameters: URLSearchParams): T {
  const given = parameters.get(name) ?? known[0];
  const found = known.find((value) => value === given);
  if (found === undefined) throw unusable(`${name} is one of ${known.join(', ')}`);
  return found;
}

function unusable(expectation: string): OperationalError {
  return new OperationalError(`The address of Kafka is not usable: ${expectation}.`, {
    retryable: false,
    code: 'MESSAGES_ADDRESS',
  });
}
