/** {@link Sources}. */
export const SOURCES = Symbol('Sources');

/** What the service that watches sources does at once. */
export interface Sources {
  /**
   * Looks at a pipeline's source actions (or the one that is named), whatever their interval. Nothing is recorded unless something is new.
   *
   * @returns false when there is no such source.
   */
  lookNow(project: string, pipelineName: string, actionName?: string): boolean | Promise<boolean>;
}
