import { originGuard } from './origin.js';

const guard = originGuard({ host: '127.0.0.1', allowedHosts: ['ci.example.org'] });

test.each(['localhost:4000', '127.0.0.1', '[::1]:4000', 'CI.example.org', 'ci.example.org:8443'])(
  'takes requests addressed to %s',
  (host) => {
    expect(guard({ host })).toBe('allowed');
  },
);

test.each([
  'evil.example',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  '',
  'localhost@evil',
  '127.0.0.1:99999999',
])('refuses a host that is not ours: %s', (host) => {
  expect(guard({ host })).toBe('foreign-host');
});

test('refuses a request without Host', () => {
  expect(guard({})).toBe('foreign-host');
});

test.each([
  ['https://ci.example.org', 'ci.example.org'],
  ['http://localhost:4000', 'localhost:4000'],
])('takes a page of %s to %s', (origin, host) => {
  expect(guard({ host, origin })).toBe('allowed');
});

test.each([
  ['https://evil.example', 'localhost:4000'],
  ['http://localhost:3000', 'localhost:4000'],
  ['null', 'localhost:4000'],
  ['http://localhost:4000@evil.example', 'localhost:4000'],
  ['file://localhost:4000', 'localhost:4000'],
])('refuses a page of %s to %s', (origin, host) => {
  expect(guard({ host, origin })).toBe('foreign-origin');
});

test('is not open to every name when bound to all addresses', () => {
  expect(originGuard({ host: '0.0.0.0', allowedHosts: [] })({ host: 'ci.example.org' })).toBe('foreign-host');
});
