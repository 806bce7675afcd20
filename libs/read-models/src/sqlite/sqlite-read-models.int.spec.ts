import { describeReadModels } from '../contract.js';
import { SqliteReadModels } from './sqlite-read-models.js';

describeReadModels('SqliteReadModels', (directory) => SqliteReadModels.open({ directory }));
