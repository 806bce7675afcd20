import { kafkaAddress } from './address.js';

describe('kafkaAddress', () => {
  test('names brokers, without TLS and login unless they are asked for', () => {
    expect(kafkaAddress('kafka://127.0.0.1:9092,broker-2.example:9093')).toEqual({
      brokers: ['127.0.0.1:9092', 'broker-2.example:9093'],
      tls: false,
    });
  });

  test('takes a login, percent-encoded, and its mechanism', () => {
    expect(kafkaAddress('kafka://millrace:p%40ss@b:9092?tls=true&mechanism=plain')).toEqual({
      brokers: ['b:9092'],
      tls: true,
      login: { mechanism: 'plain', username: 'millrace', password: 'p@ss' },
    });
    expect(kafkaAddress('kafka://u:p@b:1').login?.mechanism).toBe('scram-sha-512');
  });

  test.each(['127.0.0.1:9092', 'kafka://', 'kafka://b', 'kafka://b:1?tls=yes', 'kafka://u:secret@b:1?mechanism=x'])(
    'refuses %s, and repeats no password',
    (text) => {
      expect(() => kafkaAddress(text)).toThrow(
        expect.objectContaining({ code: 'MESSAGES_ADDRESS', message: expect.not.stringContaining('secret') }),
      );
    },
  );
});
