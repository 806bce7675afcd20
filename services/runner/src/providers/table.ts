import type { ActionProvider } from './provider.js';
import { commandsProvider } from './commands.js';
import { gitProvider } from './git.js';
import { filesDeployProvider } from './files-deploy.js';
import { buildspecProvider } from './buildspec.js';

/** Every provider that a runner has by itself. */
export const providers: readonly ActionProvider[] = [
  gitProvider,
  commandsProvider,
  buildspecProvider,
  filesDeployProvider,
];
