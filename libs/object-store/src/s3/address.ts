/** Where the objects are, and who asks. */
export interface S3Address {
  /** Absent: AWS itself. */
  readonly endpoint?: string;
  readonly region: string;
  readonly bucket: string;
  /** Before every key; empty, or ends with a slash. */
  readonly prefix: string;
  /** Absent: where the AWS SDK looks (environment, role of the machine or container). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Whether the bucket stands in the path rather than in the host's name. */
  readonly isPathStyle: boolean;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/;
const REGION = 'us-east-1';
const PROTOCOLS = new Set(['s3:', 'http:', 'https:']);

/**
 * `s3://bucket/prefix?region=eu-central-1` for AWS, `https://key:secret@host:port/bucket/prefix?region=…&style=host` for any other endpoint
 * (key and secret percent-encoded; the bucket in the path unless `style=host`).
 *
 * @throws RangeError that does not repeat the secret.
 */
export function parseS3Address(text: string): S3Address {
  const url = URL.parse(text);
  if (url === null || !PROTOCOLS.has(url.protocol))
    throw new RangeError('An S3 address is s3://bucket/prefix?region=… or https://key:secret@host/bucket/prefix.');
  const isAws = url.protocol === 's3:';
  const credentials = credentialsOf(url);
  return {
    ...placeOf(isAws ? `${url.hostname}${url.pathname}` : url.pathname),
    ...(!isAws && { endpoint: `${url.protocol}//${url.host}` }),
    ...(credentials !== undefined && { credentials }),
    region: url.searchParams.get('region') ?? REGION,
    isPathStyle: !isAws && url.searchParams.get('style') !== 'host',
  };
}

function placeOf(path: string): Pick<S3Address, 'bucket' | 'prefix'> {
  const [bucket = '', ...rest] = path.split('/').filter((part) => part.length > 0);
  const prefix = rest.join('/');
  if (!BUCKET.test(bucket)) throw new RangeError(`"${bucket}" is no name of a bucket.`);
  if (prefix !== '' && !PREFIX.test(prefix)) throw new RangeError(`"${prefix}" is no prefix of keys.`);
  return { bucket, prefix: prefix === '' ? '' : `${prefix}/` };
}

function credentialsOf({ username, password }: URL): S3Address['credentials'] {
  if (username === '') return undefined;
  return { accessKeyId: decodeURIComponent(username), secretAccessKey: decodeURIComponent(password) };
}
