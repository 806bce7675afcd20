// Puts objects for ever, several at a time, and prints the digest of each that was acknowledged. Its test kills it.
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { FilesObjectStore } from '../files/index.js';

const store = await FilesObjectStore.open({ directory: process.argv[2] ?? '' });

async function putForEver(): Promise<never> {
  for (let size = 1; ; size = (size * 7919) % 2_000_003) {
    const content = randomBytes(size);
    const sha256 = createHash('sha256').update(content).digest('hex');
    await store.put('default', Readable.from([content], { objectMode: false }), { size, sha256 });
    process.stdout.write(`${sha256}\n`);
  }
}

await Promise.all([putForEver(), putForEver(), putForEver()]);
