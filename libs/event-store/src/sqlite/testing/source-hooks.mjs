// Lets a child process of a test run the sources themselves, so that it never runs a stale build:
// node --experimental-transform-types --import <this file> program.ts
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const LIBS = new URL('../../../../', import.meta.url);

registerHooks({
  resolve(specifier, context, nextResolve) {
    const source = sourceOf(specifier, context.parentURL);
    return source === undefined ? nextResolve(specifier, context) : { url: source, shortCircuit: true };
  },
});

function sourceOf(specifier, parent) {
  if (specifier.startsWith('@millrace/')) {
    const [, library, ...path] = specifier.split('/');
    const { exports } = JSON.parse(readFileSync(new URL(`${library}/package.json`, LIBS), 'utf8'));
    const target = exports[['.', ...path].join('/')].default;
    return new URL(`${library}/${target.replace('./dist/', 'src/').replace(/\.js$/, '.ts')}`, LIBS).href;
  }
  if (!specifier.startsWith('.') || !specifier.endsWith('.js') || parent === undefined) return undefined;
  const path = fileURLToPath(new URL(specifier.replace(/\.js$/, '.ts'), parent));
  return existsSync(path) ? pathToFileURL(path).href : undefined;
}
