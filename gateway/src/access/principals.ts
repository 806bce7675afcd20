import type { EventStore, Position, RecordedEvent } from '@millrace/event-store';
import type { Views } from '@millrace/read-models';
import type { Clock, Timer, Timers } from '@millrace/runtime';
import type { Logger, Viewer } from '../ports.js';
import { viewPage } from '../views/connection.js';
import { parseToken, sameHash, secretHash } from './token-text.js';
import { foldToken, tokensProjection, TOKENS, type TokenDocument } from './tokens.projection.js';

const PAGE_DOCUMENTS = 500;

export interface PrincipalsOptions {
  readonly store: EventStore;
  readonly readModels: Views;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/**
 * Who a token speaks for. All tokens are kept in memory: loaded from the view, then followed in the log, so that a revocation counts
 * as soon as it is written, whatever the views are doing.
 */
export class Principals {
  readonly #tokens = new Map<string, TokenDocument>();
  readonly #voided = new Map<string, Set<() => void>>();
  readonly #waiting = new Set<{ readonly position: Position; readonly resolve: () => void }>();
  readonly #ending = new AbortController();
  #position: Position = 0n;
  #failure: unknown;
  #following: Promise<void> = Promise.resolve();

  private constructor(private readonly options: PrincipalsOptions) {}

  static async start(options: PrincipalsOptions): Promise<Principals> {
    const principals = new Principals(options);
    const { position } = await options.store.head();
    await principals.#load();
    principals.#following = principals.#follow().catch((error: unknown) => principals.#fail(error));
    await principals.reached(position);
    return principals;
  }

  /** What stopped it, if something did: then nobody is let in, since a revocation would go unseen. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Undefined for a token that is malformed, unknown, revoked or expired. */
  viewer(text: string): Viewer | undefined {
    if (this.#failure !== undefined) return undefined;
    const shown = parseToken(text);
    if (shown === undefined) return undefined;
    const token = this.#tokens.get(shown.tokenId);
    if (token === undefined || !sameHash(token.secretHash, secretHash(shown.secret))) return undefined;
    if (!this.#valid(token)) return undefined;
    return viewerOf(token);
  }

  /** Calls back once when the viewer's token is revoked or expires. Returns how to stop that. */
  onVoid(viewer: Viewer, callback: () => void): () => void {
    const token = this.#tokens.get(viewer.tokenId);
    if (token === undefined) return () => undefined;
    let timer: Timer | undefined;
    const listeners = this.#voided.get(viewer.tokenId) ?? new Set();
    const forget = (): void => {
      timer?.cancel();
      listeners.delete(ended);
      if (listeners.size === 0) this.#voided.delete(viewer.tokenId);
    };
    const ended = (): void => {
      forget();
      callback();
    };
    this.#voided.set(viewer.tokenId, listeners.add(ended));
    if (token.expiresAt !== undefined) timer = this.options.timers.at(Date.parse(token.expiresAt), ended);
    // Revoked since the viewer was resolved: its socket must not outlive it.
    if (!this.#valid(token)) queueMicrotask(ended);
    return forget;
  }

  /** Resolves when everything up to the position counts here. */
  async reached(position: Position): Promise<void> {
    if (this.#position >= position) return;
    await new Promise<void>((resolve) => this.#waiting.add({ position, resolve }));
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#following;
  }

  #valid(token: TokenDocument): boolean {
    return (
      token.revokedAt === undefined && (token.expiresAt === undefined || token.expiresAt > this.options.clock.now())
    );
  }

  async #load(): Promise<void> {
    const { readModels } = this.options;
    // The checkpoint first: a document may be ahead of it, never behind, and folding an event again changes nothing.
    this.#position = await readModels.checkpoint(tokensProjection.name);
    let after: string | undefined;
    do {
      const request = { index: 'byName', equals: [], limit: PAGE_DOCUMENTS };
      const page = viewPage<TokenDocument>(
        await readModels.page(TOKENS, after === undefined ? request : { ...request, after }),
      );
      for (const { document } of page.items) this.#tokens.set(document.tokenId, document);
      after = page.hasMore ? page.items.at(-1)?.cursor : undefined;
    } while (after !== undefined);
  }

  async #follow(): Promise<void> {
    const batches = this.options.store.subscribe({
      after: this.#position,
      categories: ['token'],
      signal: this.#ending.signal,
    });
    for await (const batch of batches) {
      batch.events.forEach((event) => this.#apply(event));
      this.#position = batch.checkpoint;
      this.#release((position) => position <= batch.checkpoint);
    }
    this.#release(() => true);
  }

  #fail(error: unknown): void {
    this.#failure = error;
    this.options.logger.error({ error }, 'Tokens can’t be followed any more, and nobody is let in');
    for (const listeners of this.#voided.values()) listeners.forEach((ended) => ended());
    this.#release(() => true);
  }

  #release(passed: (position: Position) => boolean): void {
    for (const waiter of this.#waiting) {
      if (!passed(waiter.position)) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  #apply(event: RecordedEvent): void {
    const tokenId = String(event.data['tokenId']);
    const token = foldToken(this.#tokens.get(tokenId), event);
    if (token === undefined) return;
    this.#tokens.set(tokenId, token);
    if (token.revokedAt !== undefined) this.#voided.get(tokenId)?.forEach((ended) => ended());
  }
}

export function viewerOf(token: TokenDocument): Viewer {
  return {
    tokenId: token.tokenId,
    name: token.name,
    role: token.role,
    project: token.project,
    actor: {
      kind: token.role === 'runner' ? 'runner' : 'token',
      id: token.tokenId,
      name: token.name,
      issuer: 'millrace',
    },
    ...(token.expiresAt === undefined ? {} : { expiresAt: token.expiresAt }),
  };
}
