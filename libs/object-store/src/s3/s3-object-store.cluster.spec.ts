import { describeObjectStore } from '../contract.js';
import { s3Server } from './testing/s3-server.js';
import type { S3Server } from './testing/s3-server.js';

let server: S3Server;

beforeAll(async () => {
  server = await s3Server();
});

afterAll(() => server.end());

describeObjectStore('S3ObjectStore', (directory) => server.open(directory));
