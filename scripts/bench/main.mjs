// `npm run bench [-- --only name] [--json FILE] [--seconds N] [--full]`: our figures beside the limits of this machine and the bars, in one
// run. What each part measures, and what limits it: docs/performance.md.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { benchAppends } from './append.mjs';
import { benchExecutions } from './executions.mjs';
import { figure, number } from './figures.mjs';
import { benchHops, benchRunner } from './hops.mjs';
import { measureMachine } from './machine.mjs';
import { benchIdle, benchStart } from './start.mjs';

const PARTS = {
  appends: ({ log, seconds }) => benchAppends({ secondsEach: Math.min(seconds, 3) / 2, log }),
  executions: benchExecutions,
  hops: benchHops,
  runner: benchRunner,
  start: benchStart,
  idle: ({ log, full }) => benchIdle({ log, settleS: full ? 60 : 10, seconds: full ? 60 : 20 }),
};

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
    seconds: { type: 'string' },
    pipelines: { type: 'string', multiple: true },
    profile: { type: 'string' },
    full: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const names = options.only ?? Object.keys(PARTS);
const unknown = names.find((name) => !Object.hasOwn(PARTS, name));
const seconds = Number(options.seconds ?? (options.full ? 30 : 10));
if (options.help || unknown !== undefined || !(seconds > 0)) {
  console.error(`npm run bench -- [--only ${Object.keys(PARTS).join('|')}]... [--seconds N] [--full] [--json FILE]
  --full     10 s of warm-up and 30 s for each load, 60 s idle; else 3 s and 10 s, and 20 s idle
  --seconds  measures each load for so long
  --pipelines N  of executions: only this many pipelines
  --profile F    of executions: a CPU profile of the measured time, F.<pipelines>.cpuprofile`);
  process.exit(options.help ? 0 : 2);
}

const log = (line) => console.log(line);
const machine = measureMachine();
const limits = [
  ['bare fsync of a page, p50', machine.fsyncMs],
  ['bare SQLite commit, p50', machine.commitMs],
  ['bare spawn, p50', machine.spawnMs],
  ['bare spawn in the runner’s wrapper, p50', machine.wrapperMs],
].map(([name, value]) => figure(name, value, 'ms', machine.fsyncMs));
for (const { name, value, unit } of limits) log(`${name.padEnd(56)} ${number(value)} ${unit}`);

const figures = [...limits];
for (const name of names) {
  log(`\n${name}`);
  figures.push(
    ...(await PARTS[name]({
      log,
      machine,
      seconds,
      pipelines: options.pipelines?.map(Number),
      profile: options.profile,
      warmUpS: options.full ? 10 : Math.min(3, seconds),
      full: options.full,
    })),
  );
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
// Node keeps no handle of ours open; a hung part would be a finding, so nothing forces the exit.
