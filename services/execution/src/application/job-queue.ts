import type { Job, LeaseReply, LeaseRequest } from '@millrace/contracts/runner';
import type { Timer, Timers } from '@millrace/runtime';

/** Work that wants a runner. */
export interface Offer {
  readonly id: string;
  readonly project: string;
  /** A runner must have them all. */
  readonly labels: readonly string[];
  /** Makes it the runner's; undefined when it is no longer to be had. Throws when that can't be known now: the offer stays. */
  claim(by: Claimant): Promise<Job | undefined>;
}

export interface Claimant {
  readonly requestId: string;
  readonly runnerId: string;
}

interface Waiter extends Claimant {
  readonly project: string;
  readonly labels: ReadonlySet<string>;
  readonly answer: (reply: LeaseReply) => void;
  readonly fail: (error: unknown) => void;
  /** What the request is answered with: once, however often it is sent. */
  readonly reply: Promise<LeaseReply>;
  /** While a claim is under way its time may run out: it waits for the claim, or a job would be leased to nobody. */
  claiming: boolean;
  left: boolean;
}

/** Before an offer is tried again that could not be claimed: the store is away or full. */
const RETRY_AFTER_MS = 500;

/** Brings offers and waiting runners together, first come, first served. Holds no truth: a claim is decided by the execution's stream. */
export class JobQueue {
  private readonly offers = new Map<string, Offer>();
  /** Under way; one that is withdrawn meanwhile does not come back. */
  private readonly claimed = new Map<string, Offer>();
  private readonly waiters = new Set<Waiter>();
  private readonly byRequest = new Map<string, Waiter>();
  private retry: Timer | undefined;
  private stopped = false;

  constructor(private readonly timers: Timers) {}

  get size(): number {
    return this.offers.size;
  }

  offer(offer: Offer): void {
    this.offers.set(offer.id, offer);
    this.match();
  }

  withdraw(id: string): void {
    this.offers.delete(id);
    this.claimed.delete(id);
  }

  /** Everybody who waits is answered without a job, now and from now on. */
  stop(): void {
    this.stopped = true;
    this.retry?.cancel();
    for (const waiter of this.waiters) waiter.answer({});
  }

  /**
   * Resolves with a job, or without one after `waitMs` or when the runner has gone. Rejects when it can't be known whether it was given
   * one: the same request is to be sent again.
   */
  lease(project: string, request: LeaseRequest, signal: AbortSignal): Promise<LeaseReply> {
    const before = this.byRequest.get(keyOf(project, request));
    // Sent again since its answer seems to be lost. Two who wait for one request could be given a job each, and one of them to nobody.
    if (before?.claiming) return before.reply;
    before?.answer({});
    const waiter = this.waiterOf(project, request, signal);
    this.waiters.add(waiter);
    this.byRequest.set(keyOf(project, request), waiter);
    if (this.stopped || signal.aborted) waiter.answer({});
    else this.match();
    return waiter.reply;
  }

  private waiterOf(project: string, request: LeaseRequest, signal: AbortSignal): Waiter {
    const { promise, resolve, reject } = Promise.withResolvers<LeaseReply>();
    const over = (): void => {
      this.waiters.delete(waiter);
      if (this.byRequest.get(keyOf(project, request)) === waiter) this.byRequest.delete(keyOf(project, request));
      timer.cancel();
      signal.removeEventListener('abort', leave);
    };
    const leave = (): void => {
      waiter.left = true;
      if (!waiter.claiming) waiter.answer({});
    };
    const waiter: Waiter = {
      project,
      requestId: request.requestId,
      runnerId: request.runnerId,
      labels: new Set(request.labels),
      answer: (reply) => {
        over();
        resolve(reply);
      },
      fail: (error) => {
        over();
        reject(error as Error);
      },
      reply: promise,
      claiming: false,
      left: false,
    };
    const timer = this.timers.after(request.waitMs, leave);
    signal.addEventListener('abort', leave);
    return waiter;
  }

  private match(): void {
    if (this.waiters.size === 0 || this.stopped) return;
    for (const offer of this.offers.values()) {
      const waiter = this.waiterFor(offer);
      if (waiter === undefined) continue;
      this.offers.delete(offer.id);
      this.claimed.set(offer.id, offer);
      this.waiters.delete(waiter);
      waiter.claiming = true;
      void this.claim(offer, waiter);
      if (this.waiters.size === 0) return;
    }
  }

  private waiterFor({ project, labels }: Offer): Waiter | undefined {
    for (const waiter of this.waiters)
      if (waiter.project === project && labels.every((label) => waiter.labels.has(label))) return waiter;
    return undefined;
  }

  private async claim(offer: Offer, waiter: Waiter): Promise<void> {
    try {
      const job = await offer.claim(waiter);
      this.claimed.delete(offer.id);
      if (job !== undefined) return waiter.answer({ job });
      waiter.claiming = false;
      if (waiter.left || this.stopped) waiter.answer({});
      else this.waiters.add(waiter);
      this.match();
    } catch (error) {
      // Nobody knows now whether it was leased. Without an answer the runner asks with the same request again, and is answered the same.
      waiter.fail(error);
      if (this.claimed.delete(offer.id)) this.offerLater(offer);
    }
  }

  /** Others who wait may have it, but not at once: what has failed would fail again. */
  private offerLater(offer: Offer): void {
    this.offers.set(offer.id, offer);
    this.retry ??= this.timers.after(RETRY_AFTER_MS, () => {
      this.retry = undefined;
      this.match();
    });
  }
}

const keyOf = (project: string, { requestId }: LeaseRequest): string => `${project}/${requestId}`;
