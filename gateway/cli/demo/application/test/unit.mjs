// The unit test: run by the pipeline's action Test/Unit.
import { greeting } from '../src/greeting.mjs';

for (const name of ['world', 'Ada', 'Millrace']) {
  const expected = `Hello, ${name}!`;
  if (greeting(name) === expected) {
    console.log(`ok - greets ${name}`);
  } else {
    console.log(`not ok - greeting('${name}') is "${greeting(name)}", not "${expected}"`);
    process.exitCode = 1;
  }
}
