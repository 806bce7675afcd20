import type { JsonObject } from '@millrace/contracts';

/** A declaration as a client may send it, and what a test changes in it. */
export type Declared = { -readonly [K in string]: unknown };

export function git(changes: Declared = {}): Declared {
  return {
    name: 'Checkout',
    actionTypeId: { category: 'Source', owner: 'Millrace', provider: 'Git', version: '1' },
    configuration: { RepositoryUrl: '/srv/git/shop.git' },
    outputArtifacts: [{ name: 'Tree' }],
    ...changes,
  };
}

export function commands(changes: Declared = {}): Declared {
  return {
    name: 'Unit',
    actionTypeId: { category: 'Compute', owner: 'AWS', provider: 'Commands', version: '1' },
    commands: ['npm test'],
    inputArtifacts: [{ name: 'Tree' }],
    ...changes,
  };
}

export function buildspec(changes: Declared = {}): Declared {
  return {
    name: 'Build',
    actionTypeId: { category: 'Build', owner: 'Millrace', provider: 'Buildspec', version: '1' },
    inputArtifacts: [{ name: 'Tree' }],
    ...changes,
  };
}

export function approval(changes: Declared = {}): Declared {
  return {
    name: 'Approve',
    actionTypeId: { category: 'Approval', owner: 'AWS', provider: 'Manual', version: '1' },
    ...changes,
  };
}

export function files(changes: Declared = {}): Declared {
  return {
    name: 'Release',
    actionTypeId: { category: 'Deploy', owner: 'Millrace', provider: 'Files', version: '1' },
    configuration: { TargetDirectory: '/srv/shop' },
    inputArtifacts: [{ name: 'Tree' }],
    ...changes,
  };
}

export function stage(name: string, ...actions: readonly Declared[]): Declared {
  return { name, actions };
}

/** Source, then the given stages; by default one that deploys. */
export function pipeline(changes: Declared = {}, ...stages: readonly Declared[]): Declared {
  return {
    name: 'shop',
    stages: [stage('Source', git()), ...(stages.length === 0 ? [stage('Deploy', files())] : stages)],
    ...changes,
  };
}

export function asJson(declared: Declared): JsonObject {
  return JSON.parse(JSON.stringify(declared)) as JsonObject;
}
