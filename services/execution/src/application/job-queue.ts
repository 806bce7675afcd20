import type { Job, LeaseReply, LeaseRequest } from '@millrace/contracts/runner';
import type { Timers } from '@millrace/runtime';

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
  /** While a claim is under way its time may run out: it waits for the claim, or a job would be leased to nobody. */
  claiming: boolean;
  left: boolean;
}

/** Brings offers and waiting runners together, first come, first served. Holds no truth: a claim is decided by the execution's stream. */
export class JobQueue {
  private readonly offers = new Map<string, Offer>();
  private readonly waiters = new Set<Waiter>();

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
  }

  /** Resolves with a job, or without one after `waitMs` or when the runner has gone. */
  lease(project: string, request: LeaseRequest, signal: AbortSignal): Promise<LeaseReply> {
    return new Promise((resolve) => {
      const settle = (reply: LeaseReply): void => {
        this.waiters.delete(waiter);
        timer.cancel();
        signal.removeEventListener('abort', leave);
        resolve(reply);
      };
      const leave = (): void => {
        waiter.left = true;
        if (!waiter.claiming) settle({});
      };
      const waiter: Waiter = {
        project,
        requestId: request.requestId,
        runnerId: request.runnerId,
        labels: new Set(request.labels),
        answer: settle,
        claiming: false,
        left: false,
      };
      const timer = this.timers.after(request.waitMs, leave);
      signal.addEventListener('abort', leave);
      this.waiters.add(waiter);
      this.match();
    });
  }

  private match(): void {
    if (this.waiters.size === 0) return;
    for (const offer of this.offers.values()) {
      const waiter = this.waiterFor(offer);
      if (waiter === undefined) continue;
      this.offers.delete(offer.id);
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
      if (job !== undefined) return waiter.answer({ job });
      waiter.claiming = false;
      if (waiter.left) waiter.answer({});
      else this.waiters.add(waiter);
      this.match();
    } catch {
      // Nobody knows now whether it was leased: the same request asks again and is answered the same.
      this.offers.set(offer.id, offer);
      waiter.answer({});
    }
  }
}
