import { readdirSync, readFileSync } from 'node:fs';
import type { JsonObject } from '../json.js';
import { pipelineEventTypes, type PipelineEvent } from './events.js';

interface Example {
  readonly type: string;
  readonly version: number;
  readonly data: JsonObject;
}

const folder = new URL('./examples/', import.meta.url);
const examples = readdirSync(folder).map((file) => ({
  file,
  example: JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Example,
}));

/** What every reader of today's shape relies on; a frozen example of any version must come out with it. */
const membersToday: Readonly<Record<PipelineEvent['type'], readonly string[]>> = {
  PipelineCreated: ['pipelineId', 'name', 'version', 'declaration', 'tags', 'createdAt'],
  PipelineUpdated: ['pipelineId', 'name', 'version', 'previousVersion', 'declaration', 'updatedAt'],
  PipelineDeleted: ['pipelineId', 'name', 'deletedAt'],
};

describe('events of pipeline-definition', () => {
  test.each(Object.entries(pipelineEventTypes.versions))('every version of %s has a frozen example', (type, today) => {
    for (let version = 1; version <= today; version += 1)
      expect(examples.map(({ file }) => file)).toContain(`${type}.v${version}.json`);
  });

  test.each(examples)("today's codec reads $file", ({ file, example }) => {
    expect(file).toBe(`${example.type}.v${example.version}.json`);
    const event = pipelineEventTypes.decode<PipelineEvent>(example);
    expect(Object.keys(event.data)).toEqual(membersToday[event.type]);
  });

  test('an unknown type or a newer version stops the reader', () => {
    expect(() => pipelineEventTypes.decode({ type: 'PipelineSold', version: 1, data: {} })).toThrow(RangeError);
    expect(() => pipelineEventTypes.decode({ type: 'PipelineDeleted', version: 2, data: {} })).toThrow(RangeError);
  });

  test('their names on a topic', () => {
    expect(pipelineEventTypes.topicName('PipelineCreated', 1)).toBe('millrace.pipeline-definition.PipelineCreated.v1');
  });
});
