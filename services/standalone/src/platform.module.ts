import { Module, type DynamicModule } from '@nestjs/common';
import { ApprovalModule, type ApprovalService } from '@millrace/approval';
import { ArtifactModule, type ArtifactService } from '@millrace/artifact';
import { ExecutionModule, type ExecutionService } from '@millrace/execution';
import type { Messages } from '@millrace/messaging';
import { PipelineDefinitionModule, type PipelineDefinitions } from '@millrace/pipeline-definition';

export interface PlatformServices {
  readonly pipelines: PipelineDefinitions;
  readonly execution: ExecutionService;
  readonly approvals: ApprovalService;
  readonly artifacts: ArtifactService;
}

/** Every service of the platform in one application. */
@Module({})
export class PlatformModule {
  static of({ pipelines, execution, approvals, artifacts }: PlatformServices, messages: Messages): DynamicModule {
    return {
      module: PlatformModule,
      imports: [
        PipelineDefinitionModule.of(pipelines),
        ExecutionModule.of(execution),
        ApprovalModule.of(approvals, messages),
        ArtifactModule.of(artifacts, messages),
      ],
    };
  }
}
