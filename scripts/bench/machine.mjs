// The limits of this machine, as it is in this run: a sync, a durable commit, a process.
import { spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { detectIsolation } from '../../services/runner/dist/processes/isolation.js';
import { median } from './figures.mjs';

const ROUNDS = 300;
const SPAWNS = 40;
const PAGE = Buffer.alloc(4_096, 1);

/** Medians, ms, of what can't be had for less. */
export function measureMachine() {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    return {
      fsyncMs: fsync(directory),
      commitMs: commit(directory),
      spawnMs: spawnOf(['true']),
      wrapperMs: wrapped(['true']),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Appends a page and syncs it. */
function fsync(directory) {
  const file = openSync(join(directory, 'bare'), 'w');
  const times = timed(ROUNDS, () => {
    writeSync(file, PAGE);
    fsyncSync(file);
  });
  closeSync(file);
  return median(times);
}

/** One row in one transaction of bare SQLite, durable. */
function commit(directory) {
  const database = new DatabaseSync(join(directory, 'bare.sqlite'));
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)',
  );
  const insert = database.prepare('INSERT INTO rows (text) VALUES (?)');
  const text = 'x'.repeat(800);
  const times = timed(ROUNDS, () => insert.run(text));
  database.close();
  return median(times);
}

/** A command in the wrapper in which the runner puts every action (services/runner/src/processes/isolation.ts). */
export function wrapped(command, spawns = SPAWNS) {
  const { wrapper } = detectIsolation({ PATH: process.env.PATH });
  return spawnOf([...wrapper, ...command], spawns);
}

function spawnOf([command, ...args], spawns = SPAWNS) {
  return median(timed(spawns, () => spawnSync(command, args, { stdio: 'ignore' })));
}

function timed(rounds, work) {
  return Array.from({ length: rounds }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
}
