import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { ExecutionService } from './execution.service.js';

export const EXECUTION_SERVICE = Symbol('ExecutionService');

/** What is running: traffic, executions, jobs, sources. Starts and stops with the application that it is part of. */
@Module({})
export class ExecutionModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(@Inject(EXECUTION_SERVICE) private readonly service: ExecutionService) {}

  /** @param service - composed over the adapters that the composition root has picked. */
  static of(service: ExecutionService): DynamicModule {
    return {
      module: ExecutionModule,
      providers: [{ provide: EXECUTION_SERVICE, useValue: service }],
      exports: [EXECUTION_SERVICE],
    };
  }

  onApplicationBootstrap(): Promise<void> {
    return this.service.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.service.stop();
  }
}
