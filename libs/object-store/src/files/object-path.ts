import { join } from 'node:path';

const PROJECT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** The folder of a project's objects. @throws RangeError for a name that is none: it could lead elsewhere. */
export function projectDirectory(objects: string, project: string): string {
  if (!PROJECT.test(project)) throw new RangeError(`"${project.slice(0, 200)}" is no name of a project.`);
  return join(objects, project);
}

/** Two digits of the digest make a folder, so that none holds too many files. */
export function objectPath(
  objects: string,
  project: string,
  sha256: string,
): { readonly folder: string; readonly file: string } {
  if (!isSha256(sha256)) throw new RangeError(`"${sha256.slice(0, 200)}" is no SHA-256.`);
  const folder = join(projectDirectory(objects, project), sha256.slice(0, 2));
  return { folder, file: join(folder, sha256) };
}

export function isSha256(text: string): boolean {
  return SHA256.test(text);
}
