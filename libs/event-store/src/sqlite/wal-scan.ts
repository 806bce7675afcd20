import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOG_FILE } from './log-database.js';

/** Layout of a write-ahead log: sqlite.org/fileformat2.html, section 4. */
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC_LITTLE_ENDIAN = 0x377f0682;
const MAGIC_BIG_ENDIAN = 0x377f0683;

/**
 * What SQLite would drop without a word: at the first frame whose checksum is wrong, recovery ends, and everything behind it is gone.
 * For the last transaction that is right (the process died while it was written, and nobody was told that it is durable). But with
 * `synchronous=FULL` a transaction is written only after the one before it was synced; so a bad frame with another
 * transaction behind it is damage, not a torn write.
 *
 * @returns a sentence for people, or undefined when nothing acknowledged is lost as far as this file can tell.
 */
export function findWalDamage(directory: string): string | undefined {
  const path = join(directory, `${LOG_FILE}-wal`);
  if (!existsSync(path)) return undefined;
  const wal = readFileSync(path);
  if (wal.length < HEADER_BYTES) return undefined;
  const header = readHeader(wal);
  if (header === undefined) return damagedHeader(wal);
  const damaged = firstBadFrame(wal, header);
  if (damaged === undefined) return undefined;
  const endOfTransaction = nextCommit(wal, header, damaged);
  const behind = framesOfThisLog(wal, header, endOfTransaction + 1);
  if (behind === 0) return undefined;
  return `${LOG_FILE}-wal is damaged in frame ${damaged + 1} (byte ${frameStart(header, damaged)}), and ${behind} frames of later, acknowledged transactions stand behind it.`;
}

interface WalHeader {
  readonly pageBytes: number;
  readonly littleEndian: boolean;
  readonly salts: Buffer;
  readonly checksum: Checksum;
}

interface Checksum {
  readonly first: number;
  readonly second: number;
}

function readHeader(wal: Buffer): WalHeader | undefined {
  const magic = wal.readUInt32BE(0);
  if (magic !== MAGIC_LITTLE_ENDIAN && magic !== MAGIC_BIG_ENDIAN) return undefined;
  const littleEndian = magic === MAGIC_LITTLE_ENDIAN;
  const checksum = addChecksum({ first: 0, second: 0 }, wal.subarray(0, 24), littleEndian);
  if (checksum.first !== wal.readUInt32BE(24) || checksum.second !== wal.readUInt32BE(28)) return undefined;
  return { pageBytes: wal.readUInt32BE(8), littleEndian, salts: wal.subarray(16, 24), checksum };
}

/** The header is synced before the first frame counts, so a bad one with frames behind it hides them all. */
function damagedHeader(wal: Buffer): string | undefined {
  if (wal.length < HEADER_BYTES + FRAME_HEADER_BYTES + 512 || wal.every((byte) => byte === 0)) return undefined;
  return `The header of ${LOG_FILE}-wal is damaged, and ${wal.length - HEADER_BYTES} bytes of transactions stand behind it.`;
}

function frameStart(header: WalHeader, index: number): number {
  return HEADER_BYTES + index * (FRAME_HEADER_BYTES + header.pageBytes);
}

/** Whether a whole frame of this generation stands there: frames of an earlier one have other salts. */
function isOfThisLog(wal: Buffer, header: WalHeader, index: number): boolean {
  const start = frameStart(header, index);
  if (start + FRAME_HEADER_BYTES + header.pageBytes > wal.length) return false;
  return wal.subarray(start + 8, start + 16).equals(header.salts);
}

function firstBadFrame(wal: Buffer, header: WalHeader): number | undefined {
  let checksum = header.checksum;
  for (let index = 0; frameStart(header, index + 1) <= wal.length; index += 1) {
    const start = frameStart(header, index);
    const body = start + FRAME_HEADER_BYTES;
    checksum = addChecksum(checksum, wal.subarray(start, start + 8), header.littleEndian);
    checksum = addChecksum(checksum, wal.subarray(body, body + header.pageBytes), header.littleEndian);
    const isGood = checksum.first === wal.readUInt32BE(start + 16) && checksum.second === wal.readUInt32BE(start + 20);
    if (!isGood || !isOfThisLog(wal, header, index)) return index;
  }
  return undefined;
}

/** The frame that ends the transaction in which a frame stands: it carries the size of the database. */
function nextCommit(wal: Buffer, header: WalHeader, from: number): number {
  for (let index = from; frameStart(header, index + 1) <= wal.length; index += 1) {
    const isCommit = wal.readUInt32BE(frameStart(header, index) + 4) !== 0;
    if (isCommit && (index === from || isOfThisLog(wal, header, index))) return index;
  }
  return from;
}

function framesOfThisLog(wal: Buffer, header: WalHeader, from: number): number {
  let frames = 0;
  for (let index = from; frameStart(header, index + 1) <= wal.length; index += 1)
    if (isOfThisLog(wal, header, index)) frames += 1;
  return frames;
}

function addChecksum({ first, second }: Checksum, bytes: Buffer, littleEndian: boolean): Checksum {
  let a = first;
  let b = second;
  for (let offset = 0; offset < bytes.length; offset += 8) {
    a = (a + (littleEndian ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset)) + b) >>> 0;
    b = (b + (littleEndian ? bytes.readUInt32LE(offset + 4) : bytes.readUInt32BE(offset + 4)) + a) >>> 0;
  }
  return { first: a, second: b };
}
