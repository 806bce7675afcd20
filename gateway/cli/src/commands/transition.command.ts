import type { Command } from 'commander';
import { examples, type Cli } from '../cli.js';
import { DISABLE_TRANSITION, ENABLE_TRANSITION, type TransitionType } from '../platform/executions.js';

const PIPELINE = "the pipeline's name";
const STAGE = "the stage's name";
const OUTBOUND = 'behind the stage instead of before it';

export function addTransitionCommands(program: Command, cli: Cli): void {
  const transition = program.command('transition').description('open and close the doors before stages');
  examples(transition, [
    ["millrace transition disable shop Deploy --reason 'freeze until Monday'", 'hold executions before Deploy'],
    ['millrace transition enable shop Deploy', 'let the one that waits go on'],
  ]);

  transition
    .command('enable')
    .description('let executions into a stage (again); the one that waits enters at once if the stage is free')
    .argument('<pipeline>', PIPELINE)
    .argument('<stage>', STAGE)
    .option('--outbound', OUTBOUND)
    .action(
      cli.run(async (pipeline: string, stage: string, { outbound }: { outbound?: boolean }) => {
        const platform = await cli.platform();
        const change = await platform.change(ENABLE_TRANSITION, { pipeline, stage, transitionType: side(outbound) });
        if (cli.output.json) return cli.output.value(change);
        await cli.output.line(`Enabled: executions of ${pipeline} ${way(stage, outbound)}.`);
      }),
    );

  transition
    .command('disable')
    .description('hold executions before a stage; what is inside goes on')
    .argument('<pipeline>', PIPELINE)
    .argument('<stage>', STAGE)
    .option('--reason <text>', 'why: shown to everybody who wonders; 300 characters at most', 'Disabled by hand.')
    .option('--outbound', OUTBOUND)
    .action(
      cli.run(async (pipeline: string, stage: string, options: { reason: string; outbound?: boolean }) => {
        const { reason, outbound } = options;
        const platform = await cli.platform();
        const input = { pipeline, stage, transitionType: side(outbound), reason };
        const change = await platform.change(DISABLE_TRANSITION, input);
        if (cli.output.json) return cli.output.value(change);
        await cli.output.line(`Disabled: no execution of ${pipeline} may ${way(stage, outbound)}.`);
      }),
    );
}

function side(outbound: boolean | undefined): TransitionType {
  return outbound === true ? 'Outbound' : 'Inbound';
}

function way(stage: string, outbound: boolean | undefined): string {
  return outbound === true ? `go on from ${stage}` : `enter ${stage}`;
}
