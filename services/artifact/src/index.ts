export { createArtifactService } from './application/artifact-service.js';
export type { ArtifactService } from './application/artifact-service.js';
export { RETENTION_DEFAULT } from './application/ports.js';
export type { ArtifactPorts, Retention } from './application/ports.js';
export { ARTIFACT_SERVICE, ArtifactModule } from './artifact.module.js';
export { listEntries } from './application/archive-entries.js';
export type { ArchiveEntry, ArchiveListing } from './application/archive-entries.js';
