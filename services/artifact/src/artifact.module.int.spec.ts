import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { createArtifactService } from './application/artifact-service.js';
import { ARTIFACT_SERVICE, ArtifactModule } from './artifact.module.js';
import { LOG_CLOSE } from './application/log-close.policy.js';
import { REMOVAL } from './application/removal.policy.js';
import { House } from './application/testing/house.js';

test('the module starts and stops with its application', async () => {
  const house = await House.open();
  const subscribed: string[] = [];
  const messages = {
    ...house.messages,
    subscribe: async ({ name }: { readonly name: string }) => {
      subscribed.push(name);
      return { reached: async () => undefined, stop: async () => void subscribed.splice(subscribed.indexOf(name), 1) };
    },
  } as unknown as typeof house.messages;
  const application = await NestFactory.createApplicationContext(
    ArtifactModule.of(createArtifactService(house.ports), messages),
    {
      logger: false,
    },
  );
  expect(subscribed).toEqual([LOG_CLOSE.name, REMOVAL.name]);
  expect(application.get(ARTIFACT_SERVICE)).toHaveProperty('retention');
  await application.close();
  expect(subscribed).toEqual([]);
  await house.close();
});
