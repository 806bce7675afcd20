// `npm start`: builds what has changed, then becomes the platform, in this very process, so that a signal to npm reaches it.
import './required-node.mjs';
import { build } from './build.mjs';

const failed = await build();
if (failed !== 0) process.exit(failed);
await import('../services/standalone/dist/main.js');
