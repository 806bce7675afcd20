import { randomUUID } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_PROJECT, streams, type JsonObject } from '@millrace/contracts';
import { NAMESPACES, uuidV5, type Actor, type Role } from '@millrace/decider';
import type { EventStore } from '@millrace/event-store';
import type { Commands } from '@millrace/messaging';
import { newSecret, parseToken, secretHash, tokenText, type TokenText } from './token-text.js';

const PLATFORM: Actor = { kind: 'service', id: 'access.first-tokens', name: 'millrace', issuer: 'millrace' };

export interface FirstTokens {
  readonly dataDirectory: string;
  readonly store: EventStore;
  readonly commands: Commands;
}

/**
 * The administrator's token in `<data directory>/admin-token` (mode 0600), which the CLI on that machine reads by itself. Made at the
 * first start; a file that is there is left alone, and so is a token that was revoked: remove the file to get a new one.
 *
 * @returns the token's text.
 */
export function ensureAdminToken(options: FirstTokens): Promise<string> {
  return ensureToken(options, { file: 'admin-token', name: 'admin', role: 'admin' });
}

/** The same for the built-in runner: `runner-token`. */
export function ensureRunnerToken(options: FirstTokens): Promise<string> {
  return ensureToken(options, { file: 'runner-token', name: 'runner', role: 'runner' });
}

interface Wanted {
  readonly file: string;
  readonly name: string;
  readonly role: Role;
}

/** The file comes first: a crash between the two leaves a token that the next start records, never one that nobody has. */
async function ensureToken({ dataDirectory, store, commands }: FirstTokens, wanted: Wanted): Promise<string> {
  const path = join(dataDirectory, wanted.file);
  const token = (await readToken(path)) ?? (await writeToken(path));
  const text = tokenText(token);
  const { head } = await store.readStream(streams.token(DEFAULT_PROJECT, token.tokenId), { limit: 1 });
  if (head.revision >= 0) return text;

  const commandId = uuidV5(NAMESPACES.command, 'first-token', token.tokenId);
  const data: JsonObject = {
    tokenId: token.tokenId,
    name: wanted.name,
    role: wanted.role,
    secretHash: secretHash(token.secret),
  };
  const reply = await commands.send(
    { target: 'access', type: 'CreateToken', data },
    { commandId, project: DEFAULT_PROJECT, actor: PLATFORM, correlationId: commandId },
  );
  if (!reply.accepted) throw new Error(`The token in ${wanted.file} was refused: ${reply.code} ${reply.message}`);
  return text;
}

async function readToken(path: string): Promise<TokenText | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const token = parseToken(text.trim());
  if (token === undefined) throw new Error(`${path} holds no token. Remove it, and the next start writes a new one.`);
  return token;
}

/** Written beside, synced, renamed: the file is whole or absent. */
async function writeToken(path: string): Promise<TokenText> {
  const token: TokenText = { tokenId: randomUUID(), secret: newSecret() };
  const beside = `${path}.${token.tokenId}`;
  const file = await open(beside, 'wx', 0o600);
  try {
    await file.writeFile(`${tokenText(token)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  return token;
}
