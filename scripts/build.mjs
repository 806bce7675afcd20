// `npm run build`: compiles what has changed, and makes the console's files where one of their inputs has.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, brotliCompressSync, gzipSync } from 'node:zlib';

const CONSOLE = join(import.meta.dirname, '../gateway/console');
const STAMP = join(CONSOLE, 'dist/web/.inputs');
/** Types are TypeScript's affair; specs are not in it. */
const INPUTS = ['src/**/*.{ts,tsx,css,svg}', 'index.html', 'vite.config.ts', '../../package-lock.json'];

/** @returns the exit code: not 0 when something does not compile. */
export async function build() {
  const tsc = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], { stdio: 'inherit' });
  if (tsc.status !== 0) return tsc.status ?? 1;
  return buildConsole();
}

async function buildConsole() {
  const inputs = hashOfInputs();
  if (inputs === stamp()) return 0;
  try {
    // Loaded only where there is something to do.
    const { build: bundle } = await import('vite');
    const { config } = await import('../gateway/console/vite.config.ts');
    await bundle(config);
  } catch (error) {
    console.error(error);
    return 1;
  }
  compress();
  writeFileSync(STAMP, inputs);
  return 0;
}

function hashOfInputs() {
  const hash = createHash('sha256');
  for (const file of globSync(INPUTS, { cwd: CONSOLE }).toSorted()) {
    if (file.endsWith('.spec.ts')) continue;
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(CONSOLE, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function stamp() {
  try {
    return readFileSync(STAMP, 'utf8');
  } catch {
    return undefined;
  }
}

/** Once, here, as well as it goes; the gateway only sends. */
function compress() {
  for (const file of globSync('dist/web/assets/*.{js,css,svg}', { cwd: CONSOLE })) {
    const path = join(CONSOLE, file);
    const bytes = readFileSync(path);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  }
}

if (import.meta.main) process.exitCode = await build();
