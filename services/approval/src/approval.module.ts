import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Messages } from '@millrace/messaging';
import type { ApprovalService } from './application/approval-service.js';

export const APPROVAL_SERVICE = Symbol('ApprovalService');
const MESSAGES = Symbol('Messages');

/** Human decisions: requests, votes, expiry. Starts and stops with the application that it is part of. */
@Module({})
export class ApprovalModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(APPROVAL_SERVICE) private readonly service: ApprovalService,
    @Inject(MESSAGES) private readonly messages: Messages,
  ) {}

  /** @param service - composed over the adapters that the composition root has picked. */
  static of(service: ApprovalService, messages: Messages): DynamicModule {
    return {
      module: ApprovalModule,
      providers: [
        { provide: APPROVAL_SERVICE, useValue: service },
        { provide: MESSAGES, useValue: messages },
      ],
      exports: [APPROVAL_SERVICE],
    };
  }

  onApplicationBootstrap(): Promise<void> {
    return this.service.start(this.messages);
  }

  onApplicationShutdown(): Promise<void> {
    return this.service.stop();
  }
}
