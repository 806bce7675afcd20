/** A part of a pipeline's JSON, as a user writes it. */
export type Json = Readonly<Record<string, unknown>>;

const ofMillrace = (category: string, provider: string): Json => ({
  category,
  owner: 'Millrace',
  provider,
  version: '1',
});

export function pipeline(name: string, ...stages: readonly Json[]): Json {
  return { name, stages };
}

export function stage(name: string, ...actions: readonly Json[]): Json {
  return { name, actions };
}

/** @param configuration - beside the repository; by default nothing is polled, so that a test decides what starts. */
export function source(repository: { readonly directory: string }, configuration: Json = {}): Json {
  return {
    name: 'Checkout',
    actionTypeId: ofMillrace('Source', 'Git'),
    configuration: { RepositoryUrl: repository.directory, PollForSourceChanges: 'false', ...configuration },
    outputArtifacts: [{ name: 'Tree' }],
    namespace: 'Src',
  };
}

export function commands(name: string, lines: readonly string[], members: Json = {}): Json {
  return {
    name,
    actionTypeId: { category: 'Build', owner: 'AWS', provider: 'Commands', version: '1' },
    commands: lines,
    inputArtifacts: [{ name: 'Tree' }],
    ...members,
  };
}

export function approval(name = 'Release', configuration: Json = {}): Json {
  return {
    name,
    actionTypeId: { category: 'Approval', owner: 'AWS', provider: 'Manual', version: '1' },
    configuration,
  };
}

export function deploy(target: string, artifact = 'Tree', members: Json = {}): Json {
  return {
    name: 'Files',
    actionTypeId: ofMillrace('Deploy', 'Files'),
    configuration: { TargetDirectory: target },
    inputArtifacts: [{ name: artifact }],
    ...members,
  };
}
