/** What the wizard asks for. */
export interface Draft {
  readonly name: string;
  readonly repository: string;
  readonly branch: string;
  readonly pollSeconds: string;
  /** How it is built: not at all, by shell lines, or by the repository's own buildspec. */
  readonly build: 'none' | 'commands' | 'buildspec';
  readonly buildCommands: string;
  readonly buildspec: string;
  readonly testCommands: string;
  readonly approve: boolean;
  readonly approvalText: string;
  readonly target: string;
}

export const EMPTY: Draft = {
  name: '',
  repository: '',
  branch: 'main',
  pollSeconds: '30',
  build: 'none',
  buildCommands: '',
  buildspec: 'buildspec.yml',
  testCommands: '',
  approve: true,
  approvalText: '',
  target: '',
};

type Json = Readonly<Record<string, unknown>>;

function typeId(category: string, owner: string, provider: string): Json {
  return { category, owner, provider, version: '1' };
}

const TREE = [{ name: 'Tree' }];
const PACKAGE = [{ name: 'Package' }];

/** The definition that a draft stands for: CodePipeline's JSON. */
export function definitionOf(draft: Draft): Json {
  const built = draft.build === 'none' ? TREE : PACKAGE;
  const stages = [
    { name: 'Source', actions: [sourceAction(draft)] },
    ...(draft.build === 'none' ? [] : [{ name: 'Build', actions: [buildAction(draft)] }]),
    ...(linesOf(draft.testCommands).length === 0
      ? []
      : [{ name: 'Test', actions: [commandsAction('Test', draft.testCommands)] }]),
    ...(draft.approve ? [{ name: 'Approve', actions: [approvalAction(draft)] }] : []),
    ...(draft.target.trim() === '' ? [] : [{ name: 'Deploy', actions: [deployAction(draft, built)] }]),
  ];
  return { name: draft.name.trim(), stages };
}

function sourceAction({ repository, branch, pollSeconds }: Draft): Json {
  return {
    name: 'Checkout',
    actionTypeId: typeId('Source', 'Millrace', 'Git'),
    configuration: { RepositoryUrl: repository.trim(), BranchName: branch.trim(), PollIntervalSeconds: pollSeconds },
    outputArtifacts: TREE,
    namespace: 'Src',
  };
}

function buildAction({ build, buildCommands, buildspec }: Draft): Json {
  if (build === 'commands')
    return { ...commandsAction('Build', buildCommands), outputArtifacts: [{ name: 'Package', files: ['**/*'] }] };
  return {
    name: 'Build',
    actionTypeId: typeId('Build', 'Millrace', 'Buildspec'),
    configuration: { Buildspec: buildspec.trim() },
    inputArtifacts: TREE,
    outputArtifacts: PACKAGE,
  };
}

function commandsAction(name: string, lines: string): Json {
  return {
    name,
    actionTypeId: typeId('Compute', 'AWS', 'Commands'),
    commands: linesOf(lines),
    inputArtifacts: TREE,
  };
}

function approvalAction({ approvalText }: Draft): Json {
  const text = approvalText.trim();
  return {
    name: 'Approve',
    actionTypeId: typeId('Approval', 'AWS', 'Manual'),
    configuration: { CustomData: text === '' ? 'Release #{Src.CommitMessage}?' : text },
  };
}

function deployAction({ target }: Draft, inputArtifacts: readonly Json[]): Json {
  return {
    name: 'Deploy',
    actionTypeId: typeId('Deploy', 'Millrace', 'Files'),
    configuration: { TargetDirectory: target.trim() },
    inputArtifacts,
  };
}

export function linesOf(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
}

/** What a step still needs; undefined when it is complete. */
export function missingIn(step: number, draft: Draft): string | undefined {
  switch (step) {
    case 0:
      if (!/^[A-Za-z0-9.@_-]{1,100}$/.test(draft.name.trim())) return 'Give it a name of letters, digits and . @ - _';
      return draft.repository.trim() === '' ? 'Say where the repository is.' : undefined;
    case 1:
      return draft.build === 'commands' && linesOf(draft.buildCommands).length === 0
        ? 'Say what builds it.'
        : undefined;
    default:
      return undefined;
  }
}
