import type { Readable } from 'node:stream';
import { runTree } from './process-tree.js';
import type { TreeEnd, TreeOptions } from './process-tree.js';

const OUTPUT_BYTES_MAX = 16 * 1_048_576;
const ERRORS_BYTES_MAX = 64 * 1_024;

export interface ToolResult extends TreeEnd {
  readonly stdout: Buffer;
  /** The first {@link ERRORS_BYTES_MAX} bytes. */
  readonly stderr: string;
}

/**
 * Runs one of our own helpers (git) and keeps its output. argv only; the environment has nothing of a user's.
 *
 * @throws RangeError when it prints more than {@link OUTPUT_BYTES_MAX}.
 */
export async function runTool(options: TreeOptions): Promise<ToolResult> {
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  const end = await runTree(options, async (stdout, stderr) => {
    await Promise.all([untilCut(collect(stdout, output, OUTPUT_BYTES_MAX)), untilCut(collectStart(stderr, errors))]);
  });
  return { ...end, stdout: Buffer.concat(output), stderr: Buffer.concat(errors).toString('utf8') };
}

/** A child that outlives the tool is cut off with its pipe: what has been read by then is the output. */
async function untilCut(reading: Promise<void>): Promise<void> {
  try {
    await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

async function collect(stream: Readable, into: Buffer[], bytesMax: number): Promise<void> {
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new RangeError(`The helper printed more than ${bytesMax} bytes.`);
    into.push(chunk);
  }
}

async function collectStart(stream: Readable, into: Buffer[]): Promise<void> {
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (bytes < ERRORS_BYTES_MAX) into.push(chunk.subarray(0, ERRORS_BYTES_MAX - bytes));
    bytes += chunk.length;
  }
}
