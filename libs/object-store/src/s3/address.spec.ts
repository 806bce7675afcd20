import { parseS3Address } from './address.js';

test.each([
  [
    's3://my-bucket/some/prefix?region=eu-central-1',
    { region: 'eu-central-1', bucket: 'my-bucket', prefix: 'some/prefix/', isPathStyle: false },
  ],
  [
    'http://key:se%2Fcret@127.0.0.1:9000/my-bucket',
    {
      endpoint: 'http://127.0.0.1:9000',
      region: 'us-east-1',
      bucket: 'my-bucket',
      prefix: '',
      credentials: { accessKeyId: 'key', secretAccessKey: 'se/cret' },
      isPathStyle: true,
    },
  ],
  [
    'https://objects.example.org/my-bucket/p/?style=host&region=x',
    { endpoint: 'https://objects.example.org', region: 'x', bucket: 'my-bucket', prefix: 'p/', isPathStyle: false },
  ],
])('reads %s', (text, expected) => {
  expect(parseS3Address(text)).toEqual(expected);
});

test.each([
  '',
  'my-bucket',
  'ftp://host/bucket',
  's3://',
  'https://host/',
  'https://host/B',
  'https://host/my-bucket/a b',
])('refuses %j', (text) => {
  expect(() => parseS3Address(text)).toThrow(RangeError);
});

test('a refusal does not repeat the secret', () => {
  expect(() => parseS3Address('https://key:very-secret@host/B')).toThrow(/^((?!very-secret).)*$/);
});
