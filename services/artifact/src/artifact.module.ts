import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Messages } from '@millrace/messaging';
import type { ArtifactService } from './application/artifact-service.js';

export const ARTIFACT_SERVICE = Symbol('ArtifactService');
const MESSAGES = Symbol('Messages');

/** Bytes: artifacts, action logs, retention. Starts and stops with the application that it is part of. */
@Module({})
export class ArtifactModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(ARTIFACT_SERVICE) private readonly service: ArtifactService,
    @Inject(MESSAGES) private readonly messages: Messages,
  ) {}

  /** @param service - composed over the adapters that the composition root has picked. */
  static of(service: ArtifactService, messages: Messages): DynamicModule {
    return {
      module: ArtifactModule,
      providers: [
        { provide: ARTIFACT_SERVICE, useValue: service },
        { provide: MESSAGES, useValue: messages },
      ],
      exports: [ARTIFACT_SERVICE],
    };
  }

  onApplicationBootstrap(): Promise<void> {
    return this.service.start(this.messages);
  }

  onApplicationShutdown(): Promise<void> {
    return this.service.stop();
  }
}
