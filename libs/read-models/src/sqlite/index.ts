export { SqliteReadModels } from './sqlite-read-models.js';
export type { SqliteReadModelsOptions } from './sqlite-read-models.js';
export { SqliteSnapshots } from './snapshots.js';
export type { ViewsWitness } from './views-database.js';
export { SqliteViews } from './sqlite-views.js';
