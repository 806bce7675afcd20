import { operation, PAGE_INFO, type Page } from './operation.js';

export interface ArtifactRow {
  readonly id: string;
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly pipelineName: string;
  readonly executionId: string;
  readonly stage: string;
  readonly action: string;
  readonly storedAt: string;
  readonly expiredAt: string | null;
  readonly expiredReason: string | null;
  readonly downloadPath: string | null;
}

const ARTIFACT_ROW =
  'id name sha256 bytes pipelineName executionId stage action storedAt expiredAt expiredReason downloadPath';

export const ARTIFACT = operation<{ readonly artifact: ArtifactRow | null }, { readonly id: string }>(`
  query Artifact($id: ID!) { artifact(id: $id) { ${ARTIFACT_ROW} } }`);

export const ARTIFACTS = operation<
  { readonly artifacts: Page<ArtifactRow> },
  { readonly executionId: string; readonly first: number; readonly after?: string | undefined }
>(`
  query Artifacts($executionId: ID!, $first: Int, $after: String) {
    artifacts(executionId: $executionId, first: $first, after: $after) { nodes { ${ARTIFACT_ROW} } ${PAGE_INFO} }
  }`);
