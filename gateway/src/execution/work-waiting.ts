import type { RunnerJobs } from '@millrace/contracts/runner';
import { LONG_POLL_MS } from '@millrace/contracts/runner';
import type { Clock, Timers } from '@millrace/runtime';
import { rechecked } from '../live/rechecked.js';
import type { LiveIterator } from '../ports.js';

/** A job that is with nobody. */
export interface OfferedWork {
  readonly labels: readonly string[];
  /** ISO 8601: when it was offered. */
  readonly since: string;
}

/** Whoever is there asks for work or sends a heartbeat at least so often: a long poll and the way there. */
const CONNECTED_MS = LONG_POLL_MS + 10_000;

/** How often a subscriber's job that is with nobody is looked at again: runners tell no event of their coming and going. */
const RUNNERS_RECHECK_MS = 2_000;

/**
 * Why a job is with nobody. Computed when it is read, from the runners that were heard of: their coming and going is in no event
 * (docs/decisions/0018), so no view could know.
 */
export class WorkWaiting {
  constructor(
    private readonly jobs: Pick<RunnerJobs, 'status'>,
    private readonly clock: Clock,
    private readonly timers: Timers,
  ) {}

  /** Undefined where nothing is wrong: it is not offered, or somebody who may take it is there. */
  of(offered: OfferedWork | undefined) {
    if (offered === undefined) return undefined;
    const { labels } = offered;
    const somebody = this.#connected().some((runner) => labels.every((label) => runner.includes(label)));
    return somebody ? undefined : toWorkWaiting(offered);
  }

  /** The states of one thing; the last one again when runners have come or gone while a job of it waits for one. */
  followed<T>(states: LiveIterator<T>, waits: (state: T) => boolean): LiveIterator<T> {
    return rechecked(states, {
      look: (state) => (waits(state) ? this.#fingerprint() : undefined),
      everyMs: RUNNERS_RECHECK_MS,
      timers: this.timers,
    });
  }

  /** Changes whenever an answer of {@link of} could. */
  #fingerprint(): string {
    const offers = this.#connected().map((labels) => labels.toSorted().join(' '));
    return JSON.stringify([...new Set(offers)].sort());
  }

  /** The labels of each runner that is there. */
  #connected(): readonly (readonly string[])[] {
    const heardOfMs = this.clock.nowMs() - CONNECTED_MS;
    const { runners } = this.jobs.status();
    return runners.filter(({ lastSeenAt }) => Date.parse(lastSeenAt) > heardOfMs).map(({ labels }) => labels);
  }
}

export function toWorkWaiting({ labels, since }: OfferedWork) {
  return { cause: 'NO_RUNNER' as const, labels, since, explanation: explain(labels) };
}

function explain(labels: readonly string[]): string {
  if (labels.length === 0) return 'No runner is connected.';
  return `No runner with the ${labels.length === 1 ? 'label' : 'labels'} ${labels.join(', ')} is connected.`;
}
