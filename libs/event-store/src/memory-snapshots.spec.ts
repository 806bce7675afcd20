import { memorySnapshots } from './memory-snapshots.js';
import { describeSnapshots } from './snapshots-contract.js';

describeSnapshots('memorySnapshots', async () => memorySnapshots());
