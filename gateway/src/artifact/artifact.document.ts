/** One artifact, for ever; its bytes may have been removed. */
export interface ArtifactDocument {
  readonly project: string;
  readonly artifactId: string;
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly pipelineName: string;
  readonly executionId: string;
  readonly stage: string;
  readonly action: string;
  readonly actionExecutionId: string;
  readonly storedAt: string;
  readonly expiredAt?: string;
  readonly expiredReason?: string;
}
