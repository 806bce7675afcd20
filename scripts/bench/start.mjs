// The process of `npm start`: how soon it is ready, and what it costs when nothing happens.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, median, number, pause, say } from './figures.mjs';
import { demoPipeline } from './demo-pipeline.mjs';

const MAIN = join(import.meta.dirname, '../../services/standalone/dist/main.js');
const READY_BAR_S = 3;
const PSS_BAR_MB = 280;
const CORE_BAR_PERCENT = 1;
const STARTS = 3;
/** The kernel's clock ticks a second, as `/proc` counts them: 100 on every Linux that Node runs on. */
const TICKS_S = 100;

export async function benchStart({ log }) {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    const times = [];
    for (let start = 0; start < STARTS; start += 1) {
      const platform = await startProcess(directory);
      times.push(platform.readyMs / 1_000);
      await platform.stop();
    }
    const ready = figure('ready after the build, median of three', median(times), 's', READY_BAR_S);
    say(log, ready, 'bar');
    return [ready];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Memory and processor time of the platform and all that it has started, the demo's pipeline looked at each second. */
export async function benchIdle({ settleS, seconds, log }) {
  if (process.platform !== 'linux') {
    log('idle: measured on Linux only');
    return [];
  }
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const platform = await startProcess(directory);
  try {
    await demoPipeline(platform.url, directory);
    await pause(settleS * 1_000);
    const before = usage(platform.pid);
    await pause(seconds * 1_000);
    const after = usage(platform.pid);
    const core = ((after.ticks - before.ticks) / TICKS_S / seconds) * 100;
    const memory = figure('idle, PSS of all processes', after.pssMb, 'MB', PSS_BAR_MB);
    const processor = figure('idle, processor', core, '% of a core', CORE_BAR_PERCENT);
    say(log, memory, 'bar');
    say(log, processor, 'bar');
    for (const { id, name, pssMb, ticks } of after.processes) {
      const used = ticks - (before.processes.find((each) => each.id === id)?.ticks ?? 0);
      log(`  ${name} ${number(pssMb)} MB, ${number((used / TICKS_S / seconds) * 100)} %`);
    }
    return [memory, processor];
  } finally {
    await platform.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function startProcess(directory) {
  const start = performance.now();
  const child = spawn(process.execPath, [MAIN], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      HOME: directory,
      MILLRACE_DATA: join(directory, 'data'),
      MILLRACE_PORT: '0',
      MILLRACE_LOG_LEVEL: 'error',
    },
  });
  const url = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const found = /listens on (\S+)/.exec(text);
      if (found !== null) resolve(found[1]);
    });
    child.once('exit', (code) => reject(new Error(`The platform ended with ${code} instead of getting ready.`)));
  });
  const readyMs = performance.now() - start;
  return {
    url,
    readyMs,
    pid: child.pid,
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    },
  };
}

/** Of a process and all its descendants. Children that have ended are counted by those that waited for them. */
function usage(pid) {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), statOf(Number(name))])
      .filter(([, stat]) => stat !== undefined),
  );
  const belongs = (id) =>
    id === pid ||
    (parents.has(id) && parents.get(id).parent !== id && parents.get(id).parent > 1 && belongs(parents.get(id).parent));
  const processes = [...parents]
    .filter(([id]) => belongs(id))
    .map(([id, { name, ticks }]) => ({ id, name: `${name} ${id}`, ticks, pssMb: pssMb(id) }));
  const sum = (of) => processes.reduce((total, each) => total + of(each), 0);
  return { processes, ticks: sum(({ ticks }) => ticks), pssMb: sum((each) => each.pssMb) };
}

function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    // From field 3 on: parent is 4; user, system, and those of ended children are 14 to 17.
    return {
      name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')),
      parent: fields[1],
      ticks: fields[11] + fields[12] + fields[13] + fields[14],
    };
  } catch {
    return undefined;
  }
}

function pssMb(pid) {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}
