import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { House, commandsType } from './testing/house.js';

test('a full disk of the runner fails the action with a sentence, and the runner goes on', async () => {
  const house = await House.open();
  const disk = house.path('disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
  try {
    const runner = await house.startRunner({ directory: disk });
    const run = async (command: string) =>
      await house.controlPlane.result(
        house.controlPlane.offerAction({ actionTypeId: commandsType, commands: [command] }),
      );
    expect(await run('head -c 8000000 /dev/zero | tr "\\0" x')).toMatchObject({
      status: 'failed',
      code: 'SystemUnavailable',
      message: "The runner's disk is full.",
    });
    expect(await run('echo room again')).toMatchObject({ status: 'succeeded' });
    await runner.stop();
  } finally {
    execFileSync('umount', ['-l', disk]);
    await house.close();
  }
}, 30_000);
