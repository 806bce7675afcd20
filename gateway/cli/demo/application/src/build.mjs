// Makes dist/index.html: the whole application.
import { mkdirSync, writeFileSync } from 'node:fs';
import { greeting, visitor } from './greeting.mjs';

const commit = process.env.COMMIT ?? 'unknown';

mkdirSync('dist', { recursive: true });
writeFileSync(
  'dist/index.html',
  `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>Greeter</title>
  <h1>${greeting(visitor)}</h1>
  <p>Built from commit ${commit}.</p>
</html>
`,
);
console.log(`Built dist/index.html of commit ${commit.slice(0, 8)}`);
