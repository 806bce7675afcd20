import type { Clock, Timer, Timers } from '@millrace/runtime';

export interface Lease {
  readonly jobId: string;
  readonly executionId: string;
  readonly project: string;
  readonly runnerId: string;
  readonly nonceHash: string;
  /** The request that it answered. */
  readonly leaseId: string;
  /** Its action is over; the runner is told to end the work. */
  revoked: boolean;
  lastSeenMs: number;
}

export interface RunnerSeen {
  readonly name: string;
  readonly labels: readonly string[];
  readonly lastSeenAt: string;
}

const SCAN_MS = 500;

/**
 * Who works on what, and when each was last heard of. In memory only (docs/decisions/0018): a new owner gives each lease a full new
 * term, and time in which this process itself stood still counts for nobody.
 */
export class Leases {
  private readonly leases = new Map<string, Lease>();
  private readonly byRequest = new Map<string, string>();
  private readonly wakeUps = new Map<string, Set<() => void>>();
  private readonly seen = new Map<string, RunnerSeen>();
  private timer: Timer | undefined;
  private scannedMs = 0;
  private stopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly termMs: number,
    private readonly lapsed: (lease: Lease) => void,
  ) {}

  get size(): number {
    return this.leases.size;
  }

  start(): void {
    this.scannedMs = this.clock.nowMs();
    for (const lease of this.leases.values()) lease.lastSeenMs = this.scannedMs;
    this.arm();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    for (const waiting of this.wakeUps.values()) for (const wake of waiting) wake();
  }

  add(lease: Omit<Lease, 'lastSeenMs'>): void {
    this.byRequest.set(lease.leaseId, lease.jobId);
    this.leases.set(lease.jobId, { ...lease, lastSeenMs: this.clock.nowMs() });
  }

  get(jobId: string): Lease | undefined {
    return this.leases.get(jobId);
  }

  answering(leaseId: string): Lease | undefined {
    const jobId = this.byRequest.get(leaseId);
    return jobId === undefined ? undefined : this.leases.get(jobId);
  }

  end(jobId: string): void {
    const lease = this.leases.get(jobId);
    if (lease !== undefined) this.byRequest.delete(lease.leaseId);
    this.leases.delete(jobId);
  }

  revoke(jobId: string): void {
    const lease = this.leases.get(jobId);
    if (lease === undefined) return;
    lease.revoked = true;
    for (const wake of this.wakeUps.get(lease.runnerId) ?? []) wake();
  }

  renew(jobId: string): void {
    const lease = this.leases.get(jobId);
    if (lease !== undefined) lease.lastSeenMs = this.clock.nowMs();
  }

  sawRunner(runnerId: string, name: string, labels?: readonly string[]): void {
    this.seen.set(runnerId, {
      name,
      labels: labels ?? this.seen.get(runnerId)?.labels ?? [],
      lastSeenAt: this.clock.now(),
    });
  }

  runners(): readonly (RunnerSeen & { readonly runnerId: string; readonly jobs: number })[] {
    return [...this.seen].map(([runnerId, seen]) => ({
      runnerId,
      ...seen,
      jobs: [...this.leases.values()].filter((lease) => lease.runnerId === runnerId).length,
    }));
  }

  /** Resolves when a lease of this runner is revoked, after `waitMs`, or when the signal ends it. */
  woken(runnerId: string, waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.wakeUps.get(runnerId) ?? new Set();
      const done = (): void => {
        waiting.delete(done);
        if (waiting.size === 0 && this.wakeUps.get(runnerId) === waiting) this.wakeUps.delete(runnerId);
        timer.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.timers.after(waitMs, done);
      signal.addEventListener('abort', done);
      this.wakeUps.set(runnerId, waiting.add(done));
      if (signal.aborted || this.stopped) done();
    });
  }

  private arm(): void {
    this.timer = this.timers.after(SCAN_MS, () => {
      this.scan();
      this.arm();
    });
  }

  private scan(): void {
    const nowMs = this.clock.nowMs();
    const stoodStillMs = nowMs - this.scannedMs - 2 * SCAN_MS;
    this.scannedMs = nowMs;
    for (const lease of this.leases.values()) {
      if (stoodStillMs > 0) lease.lastSeenMs += stoodStillMs;
      if (nowMs - lease.lastSeenMs > this.termMs) this.lapsed(lease);
    }
    this.forgetRunners(nowMs);
  }

  /** A runner that was not heard of for ten terms is not shown any more. */
  private forgetRunners(nowMs: number): void {
    for (const [runnerId, { lastSeenAt }] of this.seen)
      if (nowMs - Date.parse(lastSeenAt) > 10 * this.termMs) this.seen.delete(runnerId);
  }
}
