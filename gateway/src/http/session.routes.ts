import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { credentialOf, SESSION_COOKIE, type Authentication } from '../access/authentication.js';
import { LINK_MINUTES, SESSION_HOURS, type Grant, type Sessions, type SignInLinks } from '../access/sessions.js';
import type { Logger } from '../ports.js';
import { HttpRefusal, sendError } from './answers.js';

export interface SessionRoutesOptions {
  readonly authentication: Authentication;
  readonly sessions: Sessions;
  readonly links: SignInLinks;
  readonly logger: Logger;
}

/** Bytes of what a browser shows to sign in. */
const BODY_BYTES_MAX = 1_024;
const text = z.string().min(1).max(200);
const shown = z.union([z.strictObject({ code: text }), z.strictObject({ token: text })]);

/** `/session`: a browser signs in by a link or a token, and out. */
export function sessionRoutes(options: SessionRoutesOptions): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.setErrorHandler((error, _request, reply) => sendError(reply, error, options.logger));
    app.post('/session', { bodyLimit: BODY_BYTES_MAX }, (request, reply) => signIn(request, reply, options));
    app.delete('/session', (request, reply) => signOut(request, reply, options));
  };
}

async function signIn(
  request: FastifyRequest,
  reply: FastifyReply,
  options: SessionRoutesOptions,
): Promise<FastifyReply> {
  const grant = grantOf(request.body, options);
  if (grant.role === 'runner')
    throw new HttpRefusal(403, 'FORBIDDEN', 'That is a runner’s token; it leases work and sees nothing.');
  const session = await options.sessions.open(grant, request.id);
  const attributes = [`Max-Age=${SESSION_HOURS * 3_600}`, ...cookieAttributes(request)];
  return reply
    .code(204)
    .header('set-cookie', [`${SESSION_COOKIE}=${session.text}`, ...attributes].join('; '))
    .send();
}

function grantOf(body: unknown, { authentication, links }: SessionRoutesOptions): Grant {
  const parsed = shown.safeParse(body);
  if (!parsed.success)
    throw new HttpRefusal(400, 'BAD_USER_INPUT', 'Send `{ "code": … }` of a link, or `{ "token": … }`, as JSON.');
  if ('code' in parsed.data) {
    const grant = links.redeem(parsed.data.code);
    if (grant !== undefined) return grant;
    throw new HttpRefusal(
      401,
      'LINK_NOT_VALID',
      `This link was used already, or is older than ${LINK_MINUTES} minutes. Sign in with a token, or start the platform again for a new link.`,
    );
  }
  const grant = authentication.viewer(parsed.data.token);
  if (grant !== undefined) return grant;
  throw new HttpRefusal(401, 'UNAUTHENTICATED', 'This token is not valid. It may have been revoked, or has expired.');
}

/** Whatever was shown, the browser forgets it; what was a session ends. */
async function signOut(
  request: FastifyRequest,
  reply: FastifyReply,
  { authentication, sessions }: SessionRoutesOptions,
): Promise<FastifyReply> {
  const { cookie } = request.headers;
  const credential = cookie === undefined ? undefined : credentialOf({ cookie });
  const viewer = credential === undefined ? undefined : authentication.viewer(credential);
  if (viewer !== undefined) await sessions.close(viewer, request.id);
  return reply
    .code(204)
    .header('set-cookie', [`${SESSION_COOKIE}=`, 'Max-Age=0', ...cookieAttributes(request)].join('; '))
    .send();
}

/** Secure where the page came over https, which a proxy before us takes off: the page's own origin tells. */
function cookieAttributes({ headers }: FastifyRequest): readonly string[] {
  const secure = headers.origin?.startsWith('https://') === true;
  return ['Path=/', 'HttpOnly', 'SameSite=Strict', ...(secure ? ['Secure'] : [])];
}
