// The demo's pipeline on a platform, with its application in a repository: built, tested, waiting for a person.
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from './figures.mjs';

const DEMO = join(import.meta.dirname, '../../gateway/cli/demo');
const WAITING_MS_MAX = 30_000;

/** Resolves once its first execution waits for the approval, so that nothing is left to do but to look at the source each second. */
export async function demoPipeline(url, directory) {
  const repository = join(directory, 'greeter');
  cpSync(join(DEMO, 'application'), repository, { recursive: true });
  makeRepository(repository);
  const declared = JSON.parse(readFileSync(join(DEMO, 'pipeline.json'), 'utf8'));
  for (const { configuration, environmentVariables = [] } of declared.pipeline.stages.flatMap(
    ({ actions }) => actions,
  )) {
    if (configuration?.RepositoryUrl !== undefined) configuration.RepositoryUrl = repository;
    if (configuration?.TargetDirectory !== undefined) configuration.TargetDirectory = join(directory, 'www');
    for (const variable of environmentVariables) if (variable.name === 'TEST_ENVIRONMENT') variable.value = repository;
  }
  writeFileSync(join(repository, 'is-up'), '');
  const ask = client(url, readFileSync(join(directory, 'data/admin-token'), 'utf8').trim());
  await ask(
    'mutation ($input: CreatePipelineInput!) { createPipeline(input: $input) { __typename ... on Refusal { message } } }',
    { input: { clientToken: 'bench-idle', definition: declared } },
  );
  const end = performance.now() + WAITING_MS_MAX;
  for (;;) {
    const { approvals } = await ask('{ approvals(first: 1) { edges { node { status } } } }');
    if (approvals.edges.length > 0) return;
    if (performance.now() > end) throw new Error('The demo’s pipeline did not come to its approval.');
    await pause(200);
  }
}

export function makeRepository(directory) {
  const git = (...args) => {
    const { status, stderr } = spawnSync('git', ['-C', directory, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`git ${args[0]} failed: ${stderr}`);
  };
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('-c', 'user.name=bench', '-c', 'user.email=bench@example.com', 'commit', '-q', '-m', 'The bench');
}

function client(url, token) {
  return async (query, variables) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    if (errors !== undefined) throw new Error(`The platform answered: ${errors[0].message}`);
    const refused = Object.values(data).find((answer) => answer?.message !== undefined);
    if (refused !== undefined) throw new Error(`The platform refused: ${refused.message}`);
    return data;
  };
}
