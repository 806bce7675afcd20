/** A stream's name: `<category>-<project>/<key>` (docs/decisions/0001). Nothing parses it: what it is made of stands in the metadata. */
export type StreamName = string & { readonly __brand: 'StreamName' };

/** Letters only. A projection subscribes to all of them, so that its checkpoint passes every position. */
export const CATEGORIES = [
  'pipeline',
  'actiontype',
  'webhook',
  'source',
  'traffic',
  'execution',
  'artifact',
  'approval',
  'token',
  'platform',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** The tenant that is there from the start. */
export const DEFAULT_PROJECT = 'default';

const name = (category: Category, project: string, key: string): StreamName =>
  `${category}-${project}/${key}` as StreamName;

export const streams = {
  pipeline: (project: string, pipelineName: string) => name('pipeline', project, pipelineName),
  traffic: (project: string, pipelineId: string) => name('traffic', project, pipelineId),
  source: (project: string, pipelineId: string, action: string) => name('source', project, `${pipelineId}.${action}`),
  execution: (project: string, executionId: string) => name('execution', project, executionId),
  artifact: (project: string, artifactId: string) => name('artifact', project, artifactId),
  approval: (project: string, actionExecutionId: string) => name('approval', project, actionExecutionId),
  token: (project: string, tokenId: string) => name('token', project, tokenId),
  /** Facts about the installation itself, e.g. an accepted loss of the log's tail (decision 8). */
  platform: (project: string) => name('platform', project, 'installation'),
};
