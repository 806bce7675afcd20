import { Module, type DynamicModule } from '@nestjs/common';
import type { PipelineDefinitions } from './application/pipeline-definitions.js';

export const PIPELINE_DEFINITIONS = Symbol('PipelineDefinitions');

/** What a pipeline is. Only answers commands, so there is nothing to start. */
@Module({})
export class PipelineDefinitionModule {
  /** @param definitions - composed over the adapters that the composition root has picked. */
  static of(definitions: PipelineDefinitions): DynamicModule {
    return {
      module: PipelineDefinitionModule,
      providers: [{ provide: PIPELINE_DEFINITIONS, useValue: definitions }],
      exports: [PIPELINE_DEFINITIONS],
    };
  }
}
