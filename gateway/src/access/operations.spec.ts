import type { Role } from '@millrace/decider';
import type { Viewer } from '../ports.js';
import { authorize, OPERATIONS } from './operations.js';

const viewer = (role: Role): Viewer => ({
  tokenId: 't',
  name: 'n',
  role,
  project: 'default',
  actor: { kind: 'token', id: 't', name: 'n', issuer: 'millrace' },
});
const ROLES: readonly Role[] = ['viewer', 'developer', 'approver', 'admin', 'runner'];
const allowed = (operation: string) => ROLES.filter((role) => authorize(operation, viewer(role)) === 'allowed');

test('refuses everybody what is not in the table', () => {
  expect(allowed('Mutation.launchMissiles')).toEqual([]);
  expect(authorize('Mutation.launchMissiles', undefined)).toBe('unauthenticated');
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('is not fooled by %s', (operation) => {
  expect(allowed(operation)).toEqual([]);
});

test('gives each role what the one before it has', () => {
  for (const [operation, required] of Object.entries(OPERATIONS)) {
    const from = ROLES.indexOf(required as Role);
    if (from < 0 || required === 'runner') continue;
    expect(allowed(operation)).toEqual(ROLES.slice(from, 4));
  }
});

test('lets a runner reach the runner API and nothing that is for people', () => {
  expect(allowed('POST /runner/v1/lease')).toEqual(['runner']);
  expect(authorize('POST /graphql', viewer('runner'))).toBe('forbidden');
  expect(authorize('GET /artifacts/:artifactId', viewer('runner'))).toBe('forbidden');
});

test('tells who must sign in from who may not', () => {
  expect(authorize('POST /graphql', undefined)).toBe('unauthenticated');
  expect(authorize('POST /runner/v1/lease', viewer('admin'))).toBe('forbidden');
});
