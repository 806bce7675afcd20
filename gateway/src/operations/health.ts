import type { EventStore } from '@millrace/event-store';
import type { Projector } from '@millrace/read-models';

/** A part that works or says in a sentence why not. */
export interface HealthCheck {
  readonly name: string;
  readonly problem: () => string | undefined | Promise<string | undefined>;
}

export interface Problem {
  readonly part: string;
  readonly problem: string;
}

/** Everything that is not ready; a check that throws or takes too long is. */
export async function problems(checks: readonly HealthCheck[]): Promise<readonly Problem[]> {
  const found = await Promise.all(
    checks.map(async ({ name, problem }) => ({ part: name, problem: await answer(problem) })),
  );
  return found.filter((item): item is Problem => item.problem !== undefined);
}

const CHECK_MS_MAX = 2_000;

async function answer(problem: HealthCheck['problem']): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`gave no answer within ${CHECK_MS_MAX} ms`), CHECK_MS_MAX);
  });
  try {
    return await Promise.race([Promise.resolve().then(problem), late]);
  } catch {
    // Driver texts don't leave the house; the log has them.
    return 'can’t be reached';
  } finally {
    clearTimeout(timer);
  }
}

/** Events that a view may be behind before the platform stops calling itself ready. */
const LAG_EVENTS_MAX = 100_000;

export function storeCheck(store: EventStore): HealthCheck {
  return {
    name: 'event store',
    async problem() {
      await store.head();
      return undefined;
    },
  };
}

export function projectionChecks(projector: Pick<Projector, 'status'>): readonly HealthCheck[] {
  return projector.status().map(({ name }) => ({
    name: `projection ${name}`,
    problem() {
      const status = projector.status().find((candidate) => candidate.name === name);
      if (status?.stoppedBy !== undefined) return `stopped at position ${status.stoppedBy.position}`;
      return status !== undefined && status.lag > LAG_EVENTS_MAX ? `is ${status.lag} events behind` : undefined;
    },
  }));
}
