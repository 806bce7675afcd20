export { pipelineDefinitions } from './application/pipeline-definitions.js';
export type { PipelineDefinitions, PipelineDefinitionsOptions } from './application/pipeline-definitions.js';
export { definitionReader } from './application/definition-reader.js';
export type { DefinitionReader, DefinitionReaderOptions, DefinitionVersion } from './application/definition-reader.js';
export { validateDeclaration } from './domain/validate-declaration.js';
export type { Validation } from './domain/validate-declaration.js';
export type { Violation, ViolationCode } from './domain/violation.js';
export type { Notice } from './domain/notices.js';
export { isUnreadableDefinition, parseDefinitionText, UnreadableDefinition } from './adapters/yaml/definition-text.js';
