import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const REPOSITORY = join(import.meta.dirname, '../../..');

/** What is imported is loaded before the first line runs: an older Node would fail there, at `node:sqlite`, with a stack. */
test.each(['services/standalone/src/main.ts', 'services/runner/src/main.ts'])(
  '%s asks for its Node before it loads anything',
  (path) => {
    const text = readFileSync(join(REPOSITORY, path), 'utf8');
    expect(text).not.toMatch(/^import /m);
    expect(text.indexOf('process.versions.node')).toBeLessThan(text.indexOf('await import('));
  },
);

test.each(['start', 'dev', 'demo', 'crash', 'bench', 'test'])('npm’s script %s asks for its Node first', (name) => {
  const text = readFileSync(join(REPOSITORY, 'scripts', `${name}.mjs`), 'utf8');
  expect(/^import .*$/m.exec(text)?.[0]).toBe("import './required-node.mjs';");
});
