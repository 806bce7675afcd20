import { Inject } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { checked } from '../views/input.js';
import { Maintenance } from './maintenance.js';
import { parkedInput, rebuildInput } from './platform-inputs.js';
import { toParkedSettled, toPlatform, toRebuilt } from './platform.presenter.js';
import { PlatformQuery } from './platform.query.js';

@Resolver()
export class PlatformResolver {
  constructor(
    @Inject(PlatformQuery) private readonly query: PlatformQuery,
    @Inject(Maintenance) private readonly maintenance: Maintenance,
  ) {}

  @Query('platform')
  async platform() {
    return toPlatform(this.query.installation, await this.query.state());
  }

  @Mutation('rebuildProjection')
  async rebuild(@Args('input') input: unknown) {
    return toRebuilt(await this.maintenance.rebuild(checked(rebuildInput, input, 'input').name));
  }

  @Mutation('retryParked')
  async retryParked(@Args('input') input: unknown) {
    return toParkedSettled(await this.maintenance.retryParked(checked(parkedInput, input, 'input').id));
  }

  @Mutation('dropParked')
  async dropParked(@Args('input') input: unknown) {
    return toParkedSettled(await this.maintenance.dropParked(checked(parkedInput, input, 'input').id));
  }
}
