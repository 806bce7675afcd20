import { join } from 'node:path';
import { checkProject, checkSha256 } from '../names.js';

/** The folder of a project's objects. @throws RangeError for a name that is none: it could lead elsewhere. */
export function projectDirectory(objects: string, project: string): string {
  checkProject(project);
  return join(objects, project);
}

/** Two digits of the digest make a folder, so that none holds too many files. */
export function objectPath(
  objects: string,
  project: string,
  sha256: string,
): { readonly folder: string; readonly file: string } {
  checkSha256(sha256);
  const folder = join(projectDirectory(objects, project), sha256.slice(0, 2));
  return { folder, file: join(folder, sha256) };
}
