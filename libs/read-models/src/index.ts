export type {
  CollectionDeclaration,
  Document,
  DocumentWrite,
  IndexDeclaration,
  IndexValue,
  Page,
  PageRequest,
  ProjectionBatch,
  ReadModels,
  StoredDocument,
  Views,
} from './read-models.js';
export type { Projection, ProjectionStatus, Projector, ProjectorOptions } from './projector.js';
export { createProjector } from './log-projector.js';
