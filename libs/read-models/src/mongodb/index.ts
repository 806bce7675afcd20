export { MongoReadModels } from './mongo-read-models.js';
export type { MongoReadModelsOptions, MongoViewsWitness } from './mongo-read-models.js';
