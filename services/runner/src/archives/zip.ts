import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';
import { CONTENT_BYTES_MAX, ArchiveRefused } from './limits.js';
import type { TreeFile } from './tree.js';

/** Lower-case hex SHA-256 and size of an archive. */
export interface Packed {
  readonly sha256: string;
  readonly bytes: number;
}

export type PackFile = Pick<TreeFile, 'path' | 'source' | 'executable' | 'bytes'>;

/** DOS times are local times: made from local parts, it is the same bytes in every time zone. */
const TIME = new Date(1980, 0, 1, 0, 0, 0);

/**
 * Packs files in the given order. The same paths, contents and "executable" bits make the same bytes, whoever packs and when
 * (docs/decisions/0023). Readers see the permissions 0644 or 0755.
 *
 * @throws ArchiveRefused when the content is larger than {@link CONTENT_BYTES_MAX}.
 */
export async function zip(files: readonly PackFile[], archive: string, signal: AbortSignal): Promise<Packed> {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  if (total > CONTENT_BYTES_MAX)
    throw new ArchiveRefused(`The content has ${total} bytes; ${CONTENT_BYTES_MAX} are allowed.`);
  const packer = new yazl.ZipFile();
  const hash = createHash('sha256');
  let bytes = 0;
  const measure = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  packer.on('error', (error: Error) => measure.destroy(error));
  for (const { source, path, executable } of files) {
    packer.addFile(source, path, { mtime: TIME, mode: executable ? 0o100755 : 0o100644, forceDosTimestamp: true });
  }
  packer.end();
  await pipeline(packer.outputStream as Readable, measure, createWriteStream(archive, { mode: 0o600 }), { signal });
  return { sha256: hash.digest('hex'), bytes };
}
