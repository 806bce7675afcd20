// The unit test: run by the pipeline's action Test/Unit.
import assert from 'node:assert/strict';
import { greeting } from '../src/greeting.mjs';

for (const name of ['world', 'Ada', 'Millrace']) {
  assert.equal(greeting(name), `Hello, ${name}!`, `greeting('${name}') is "${greeting(name)}"`);
  console.log(`ok - greets ${name}`);
}
