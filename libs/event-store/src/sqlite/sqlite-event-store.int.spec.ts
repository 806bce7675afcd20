import { describeEventStore } from '../contract.js';
import { SqliteEventStore } from './sqlite-event-store.js';

describeEventStore('SqliteEventStore', (directory) => SqliteEventStore.open({ directory, ballastBytes: 0 }));
