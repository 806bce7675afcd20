import type {
  ActionDeclaration,
  ArtifactStore,
  OutputArtifact,
  PipelineDeclaration,
  StageDeclaration,
} from '@millrace/contracts/pipeline-definition';
import type { DraftPipeline } from './draft.js';
import { pipelineTypeOf } from './draft.js';

/** The members among `keys` that are there, in this order. */
function given<T extends object, K extends keyof T>(from: T, ...keys: readonly K[]): Pick<T, K> {
  const entries = keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]);
  return Object.fromEntries(entries) as Pick<T, K>;
}

/**
 * As CodePipeline answers: runOrder, configuration, both lists of artifacts, executionMode and pipelineType filled in; region,
 * namespace, roleArn only when given; `variables: []` and no variables told apart; always the same order of members.
 *
 * @param draft - without a violation, hence complete.
 */
export function normalise(draft: DraftPipeline): PipelineDeclaration {
  const complete = draft as PipelineDeclaration;
  return {
    ...given(complete, 'name', 'roleArn'),
    ...(complete.artifactStore === undefined ? {} : { artifactStore: store(complete.artifactStore) }),
    ...(complete.artifactStores === undefined ? {} : { artifactStores: stores(complete.artifactStores) }),
    stages: complete.stages.map(stage),
    executionMode: complete.executionMode ?? 'SUPERSEDED',
    pipelineType: pipelineTypeOf(draft),
    ...(complete.variables === undefined
      ? {}
      : { variables: complete.variables.map((variable) => given(variable, 'name', 'defaultValue', 'description')) }),
    ...given(complete, 'triggers'),
  };
}

function store(artifactStore: ArtifactStore): ArtifactStore {
  return given(artifactStore, 'type', 'location', 'encryptionKey');
}

function stores(byRegion: Readonly<Record<string, ArtifactStore>>): Readonly<Record<string, ArtifactStore>> {
  return Object.fromEntries(Object.entries(byRegion).map(([region, artifactStore]) => [region, store(artifactStore)]));
}

function stage(declared: StageDeclaration): StageDeclaration {
  return {
    name: declared.name,
    ...given(declared, 'blockers'),
    actions: declared.actions.map(action),
    ...given(declared, 'beforeEntry', 'onSuccess', 'onFailure'),
  };
}

/** As a client may have given it: what `normalise` fills in can be missing. */
type DeclaredAction = Omit<ActionDeclaration, 'runOrder' | 'configuration' | 'inputArtifacts' | 'outputArtifacts'> &
  Partial<ActionDeclaration>;

function action(declared: DeclaredAction): ActionDeclaration {
  const { category, owner, provider, version } = declared.actionTypeId;
  return {
    name: declared.name,
    actionTypeId: { category, owner, provider, version },
    runOrder: declared.runOrder ?? 1,
    configuration: declared.configuration ?? {},
    ...given(declared, 'commands', 'environmentVariables', 'outputVariables'),
    outputArtifacts: (declared.outputArtifacts ?? []).map(output),
    inputArtifacts: (declared.inputArtifacts ?? []).map(({ name }) => ({ name })),
    ...given(declared, 'roleArn', 'region', 'namespace', 'timeoutInMinutes'),
  };
}

function output(artifact: OutputArtifact): OutputArtifact {
  return given(artifact, 'name', 'files');
}
