import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { startS3 } from '@millrace/s3-engine/testing';
import { S3ObjectStore } from '../s3-object-store.js';
import type { S3ObjectStoreOptions } from '../s3-object-store.js';

/** A server that a suite may use for itself. */
export interface S3Server {
  /** The store of one directory: a prefix of its own in a bucket with versions. */
  open(directory: string, more?: Partial<S3ObjectStoreOptions>): Promise<S3ObjectStore>;
  addressOf(directory: string): string;
  end(): Promise<void>;
}

/**
 * The bucket that `MILLRACE_TEST_S3` names (`https://key:secret@host/bucket`), or one of a server of its own. One that is named and can't be
 * reached fails the suite.
 */
export async function s3Server(): Promise<S3Server> {
  const given = process.env['MILLRACE_TEST_S3'];
  const own = given === undefined || given === '' ? await ownServer() : undefined;
  const address = own?.address ?? given ?? '';
  const opened: S3ObjectStore[] = [];
  const addressOf = (directory: string): string => {
    const url = new URL(address);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/test-${basename(directory)}`;
    return url.href;
  };
  return {
    addressOf,
    open: async (directory, more = {}) => {
      const store = await S3ObjectStore.open({ address: addressOf(directory), ...more });
      opened.push(store);
      return store;
    },
    end: async () => {
      for (const store of opened) store.close();
      await own?.end();
    },
  };
}

async function ownServer() {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-s3-'));
  const server = await startS3(directory);
  return {
    address: `${server.address}/millrace-test`,
    end: async () => {
      await server.end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
