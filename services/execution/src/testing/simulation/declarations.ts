import type { ActionDeclaration, PipelineDeclaration } from '@millrace/contracts/pipeline-definition';

export const NAME = 'shop';

const action = (name: string, given: Partial<ActionDeclaration> = {}): ActionDeclaration => ({
  name,
  actionTypeId: { category: 'Compute', owner: 'AWS', provider: 'Commands', version: '1' },
  runOrder: 1,
  configuration: {},
  inputArtifacts: [],
  outputArtifacts: [],
  ...given,
});

const source = (name: string, polled: boolean): ActionDeclaration =>
  action(name, {
    actionTypeId: { category: 'Source', owner: 'Millrace', provider: 'Git', version: '1' },
    configuration: { RepositoryUrl: '/tmp/shop', PollForSourceChanges: String(polled) },
  });

const approve = (runOrder: number): ActionDeclaration =>
  action('Approve', {
    actionTypeId: { category: 'Approval', owner: 'AWS', provider: 'Manual', version: '1' },
    runOrder,
  });

const shop = (
  given: Pick<PipelineDeclaration, 'variables'>,
  ...stages: readonly (readonly [string, ...ActionDeclaration[]])[]
): PipelineDeclaration => ({
  name: NAME,
  executionMode: 'SUPERSEDED',
  pipelineType: 'V2',
  stages: stages.map(([name, ...actions]) => ({ name, actions })),
  ...given,
});

const build = [action('Compile'), action('Lint'), action('Package', { runOrder: 2 })] as const;
const large = shop(
  {},
  ['Source', source('Src', false)],
  ['Build', ...build],
  ['Release', approve(1), action('Copy', { runOrder: 2 })],
);
const polled = shop(
  {},
  ['Source', source('Src', true), source('Config', false)],
  ['Release', action('Copy'), approve(1)],
);
/** With a required variable: some starts fail at once. */
const asking = shop({ variables: [{ name: 'TARGET' }] }, ['Source', source('Src', false)], ['Build', ...build]);

/** The versions that a pipeline may have, in any order. */
export const DECLARATIONS = [large, polled, asking] as const;
export const STAGE_NAMES = ['Source', 'Build', 'Release'] as const;
