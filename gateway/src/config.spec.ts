import { gatewayConfig } from './config.js';

test('listens on loopback with tokens unless told otherwise', () => {
  expect(gatewayConfig({})).toMatchObject({ host: '127.0.0.1', port: 4000, auth: 'tokens', allowedHosts: [] });
});

test.each(['0.0.0.0', '::', '10.1.2.3', 'ci.example.org'])('refuses to be open on %s, with a sentence', (host) => {
  expect(() => gatewayConfig({ MILLRACE_AUTH: 'open', MILLRACE_HOST: host })).toThrow(
    /makes everyone an administrator.*MILLRACE_HOST=127.0.0.1/s,
  );
});

test.each(['127.0.0.1', 'localhost', '::1', '127.1.2.3'])('may be open on %s', (host) => {
  expect(gatewayConfig({ MILLRACE_AUTH: 'open', MILLRACE_HOST: host }).auth).toBe('open');
});

test('names every fault at once', () => {
  expect(() => gatewayConfig({ MILLRACE_PORT: 'eighty', MILLRACE_AUTH: 'none' })).toThrow(
    /MILLRACE_PORT.*MILLRACE_AUTH/s,
  );
});

test('takes further hosts', () => {
  expect(gatewayConfig({ MILLRACE_ALLOWED_HOSTS: 'CI.example.org, build' }).allowedHosts).toEqual([
    'ci.example.org',
    'build',
  ]);
});
