/** What the system says of an address or a path, as a person can act on it. */
const SENTENCES = new Map<string, (error: NodeJS.ErrnoException) => string>([
  ['listen EADDRINUSE', (error) => `${addressOf(error)} is in use: stop what listens there, or set MILLRACE_PORT.`],
  ['listen EACCES', (error) => `This user may not listen on ${addressOf(error)}: set MILLRACE_PORT to 1024 or more.`],
  ['listen EADDRNOTAVAIL', (error) => `This machine has no address ${addressOf(error)}: set MILLRACE_HOST to its own.`],
  ['getaddrinfo ENOTFOUND', () => 'MILLRACE_HOST is no name that this machine can resolve.'],
  ['mkdir EEXIST', (error) => `${pathOf(error)} is a file: set MILLRACE_DATA to a directory.`],
  ['mkdir ENOTDIR', (error) => `${pathOf(error)} lies below a file: set MILLRACE_DATA to a directory.`],
  ['mkdir EACCES', (error) => unwritable(error)],
  ['mkdir EPERM', (error) => unwritable(error)],
  ['mkdir EROFS', (error) => unwritable(error)],
  // As /proc and its kind answer.
  ['mkdir ENOENT', (error) => unwritable(error)],
]);

/** Why the platform did not start, for a person: a sentence that says what to do where the cause is known, else the error's own text. */
export function startFailure(error: unknown): string {
  if (!Error.isError(error)) return String(error);
  const { syscall = '', code = '' } = error as NodeJS.ErrnoException;
  return SENTENCES.get(`${syscall} ${code}`)?.(error) ?? error.message;
}

function addressOf(error: NodeJS.ErrnoException): string {
  const { address = '', port } = error as NodeJS.ErrnoException & { readonly address?: string; readonly port?: number };
  return port === undefined ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

const pathOf = ({ path = 'The data directory' }: NodeJS.ErrnoException): string => path;
const unwritable = (error: NodeJS.ErrnoException): string =>
  `${pathOf(error)} can't be made by this user: set MILLRACE_DATA to a directory that this user may write.`;
