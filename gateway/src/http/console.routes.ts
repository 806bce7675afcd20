import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../ports.js';
import { HttpRefusal, sendError } from './answers.js';

/** What `npm run build` makes of `gateway/console`: the same place seen from `src` and from `dist`. */
const BUILT = fileURLToPath(new URL('../../console/dist/web/', import.meta.url));

/** The console's screens: each is the same page, which looks at its own address (docs/decisions/0043). */
export const SCREENS: readonly string[] = [
  '/',
  '/approvals',
  '/create',
  '/events',
  '/executions/*',
  '/history',
  '/pipelines/*',
  '/sign-in',
  '/system',
];

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
/** Stands in the built page where the nonce goes. */
const NONCE = /__CSP_NONCE__/g;
/** One path segment that can't leave its folder. */
const FILE = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}$/;

function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

export interface ConsoleRoutesOptions {
  readonly logger: Logger;
  /** Of the built page and its `assets`; default: where the build puts it. */
  readonly directory?: string;
}

/** The web console: static files. What they show comes over the public API. */
export function consoleRoutes({
  logger,
  directory = BUILT,
}: ConsoleRoutesOptions): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.setErrorHandler((error, _request, reply) => sendError(reply, error, logger));
    for (const screen of SCREENS) app.get(screen, (_request, reply) => page(reply, directory));
    app.get('/assets/:file', (request, reply) => asset(request, reply, directory));
  };
}

/** Never kept: each answer has a nonce of its own. */
async function page(reply: FastifyReply, directory: string): Promise<FastifyReply> {
  const html = await readIfThere(`${directory}index.html`);
  if (html === undefined)
    throw new HttpRefusal(
      503,
      'NOT_BUILT',
      'The console is not built. Run `npm run build`, then load this page again.',
    );
  const nonce = randomBytes(18).toString('base64');
  return reply
    .headers({ 'content-security-policy': policy(nonce), 'cache-control': 'no-store' })
    .type('text/html; charset=utf-8')
    .send(html.toString().replaceAll(NONCE, nonce));
}

async function asset(request: FastifyRequest, reply: FastifyReply, directory: string): Promise<FastifyReply> {
  const { file } = request.params as { readonly file: string };
  const type = TYPES[extname(file)];
  const found =
    FILE.test(file) && type !== undefined ? await encoded(`${directory}assets/${file}`, request) : undefined;
  if (found === undefined || type === undefined) throw new HttpRefusal(404, 'NOT_FOUND', 'There is nothing here.');
  if (found.encoding !== undefined) void reply.header('content-encoding', found.encoding);
  return reply
    .headers({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' })
    .type(type)
    .send(found.bytes);
}

/** Compressed at the build, not here. */
async function encoded(
  path: string,
  request: FastifyRequest,
): Promise<{ readonly bytes: Buffer; readonly encoding: string | undefined } | undefined> {
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const choices = [
    ...(/\bbr\b/.test(accepted) ? [{ suffix: '.br', encoding: 'br' }] : []),
    ...(/\bgzip\b/.test(accepted) ? [{ suffix: '.gz', encoding: 'gzip' }] : []),
    { suffix: '', encoding: undefined },
  ];
  for (const { suffix, encoding } of choices) {
    const bytes = await readIfThere(`${path}${suffix}`);
    if (bytes !== undefined) return { bytes, encoding };
  }
  return undefined;
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
