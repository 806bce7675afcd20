import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Failure, EXIT, sentenceOf, systemCodeOf, usage } from './failure.js';
import type { Surroundings } from './surroundings.js';

export const DEFAULT_URL = 'http://127.0.0.1:4000';
export const DEFAULT_DATA_DIRECTORY = '.millrace';

/** The options that every command takes. */
export interface GlobalOptions {
  readonly url?: string;
  readonly token?: string;
  readonly data?: string;
  readonly project?: string;
  readonly json?: boolean;
}

export interface Connection {
  /** Without a slash at the end. */
  readonly url: string;
  /** Undefined: ask without one, which a platform with `MILLRACE_AUTH=open` answers. */
  readonly token?: string;
}

export function dataDirectoryOf(options: GlobalOptions, surroundings: Pick<Surroundings, 'env' | 'directory'>): string {
  const chosen = options.data ?? (surroundings.env['MILLRACE_DATA'] || DEFAULT_DATA_DIRECTORY);
  return resolve(surroundings.directory, chosen);
}

/**
 * Where the platform is and who asks: options, then the environment, then, for a platform on this machine, the token that it wrote
 * into its data directory. That token is sent to loopback addresses only.
 */
export async function connectionOf(
  options: GlobalOptions,
  surroundings: Pick<Surroundings, 'env' | 'directory'>,
): Promise<Connection> {
  const url = parsedUrl(options.url ?? (surroundings.env['MILLRACE_URL'] || DEFAULT_URL));
  const given = options.token ?? surroundings.env['MILLRACE_TOKEN'];
  const token = given !== undefined && given !== '' ? headerText(given) : await ownToken(url, options, surroundings);
  return { url: url.href.replace(/\/+$/, ''), ...(token === undefined ? {} : { token }) };
}

function parsedUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw usage(`--url must be an http or https address, e.g. ${DEFAULT_URL}, and is "${text}".`);
  if (url.username !== '' || url.password !== '')
    throw usage('--url must not hold a password. Give a token with --token or MILLRACE_TOKEN.');
  url.search = '';
  url.hash = '';
  return url;
}

function headerText(token: string): string {
  const text = token.trim();
  if (!/^[\x21-\x7e]+$/.test(text)) throw usage('The token holds characters that no token has. Was it copied whole?');
  return text;
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

async function ownToken(
  url: URL,
  options: GlobalOptions,
  surroundings: Pick<Surroundings, 'env' | 'directory'>,
): Promise<string | undefined> {
  if (!isLoopback(url.hostname)) return undefined;
  const path = join(dataDirectoryOf(options, surroundings), 'admin-token');
  try {
    return headerText(await readFile(path, 'utf8'));
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new Failure(
      EXIT.forbidden,
      'UNREADABLE_TOKEN',
      `The token of this machine's platform can't be read from ${path} (${code ?? sentenceOf(error)}). Run as the platform's user, or give a token with --token or MILLRACE_TOKEN.`,
      { cause: error },
    );
  }
}
