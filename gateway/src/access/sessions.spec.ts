import type { Clock } from '@millrace/runtime';
import { LINK_MINUTES, SignInLinks, type Grant } from './sessions.js';

const GRANT: Grant = {
  name: 'admin',
  role: 'admin',
  project: 'default',
  actor: { kind: 'token', id: 't', name: 'admin', issuer: 'millrace' },
};

class TestClock implements Clock {
  ms = Date.parse('2026-11-24T12:00:00.000Z');
  now(): string {
    return new Date(this.ms).toISOString();
  }
  nowMs(): number {
    return this.ms;
  }
}

describe('links to sign in', () => {
  let clock: TestClock;
  let links: SignInLinks;

  beforeEach(() => {
    clock = new TestClock();
    links = new SignInLinks(clock);
  });

  test('are good once', () => {
    const code = links.issue(GRANT);
    expect(code).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(links.redeem(code)).toEqual(GRANT);
    expect(links.redeem(code)).toBeUndefined();
  });

  test('are good until the very instant of their end, and not at it', () => {
    const [early, late] = [links.issue(GRANT), links.issue(GRANT)];
    clock.ms += LINK_MINUTES * 60_000 - 1;
    expect(links.redeem(early)).toEqual(GRANT);
    clock.ms += 1;
    expect(links.redeem(late)).toBeUndefined();
  });

  test('are each its own', () => {
    const [one, other] = [links.issue(GRANT), links.issue({ ...GRANT, role: 'viewer' })];
    expect(one).not.toBe(other);
    expect(links.redeem(other)?.role).toBe('viewer');
    expect(links.redeem(one)?.role).toBe('admin');
    expect(links.redeem('nobody’s')).toBeUndefined();
  });

  test('do not pile up: the oldest gives way', () => {
    const first = links.issue(GRANT);
    const others = Array.from({ length: 100 }, () => links.issue(GRANT));
    expect(links.redeem(first)).toBeUndefined();
    expect(links.redeem(others[0] ?? '')).toEqual(GRANT);
  });
});
