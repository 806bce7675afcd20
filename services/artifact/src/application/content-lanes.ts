import { Lanes } from '@millrace/event-store';

/**
 * One content, one lane: recording an artifact of these bytes and removing them must not cross, since equal artifacts share their bytes.
 * Both are this service's, so a lane in its memory is enough as long as one process owns the artifacts of a project.
 */
export class ContentLanes {
  readonly #lanes = new Lanes<string>();

  run<T>(project: string, sha256: string, task: () => Promise<T>): Promise<T> {
    return this.#lanes.run(`${project}/${sha256}`, task);
  }
}
