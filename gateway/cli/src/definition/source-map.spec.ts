import { segmentsOf, SourceMap } from './source-map.js';

const YAML = `# a comment
pipeline:
  name: shop
  stages:
    - name: Source
      actions:
        - name: Git
          configuration:
            "odd key": x
            Url: |
              many
              lines
        - { name: Other, runOrder: 7 }
    - name: Build
`;

const JSON_TEXT = `{
  "name": "shop",
  "stages": [
    { "name": "Source",
      "actions": [] },
    {
      "name": "Build"
    }
  ]
}`;

test.each([
  ['name', 3],
  ['stages', 4],
  ['stages[0]', 5],
  ['stages[0].actions[0].configuration["odd key"]', 9],
  ['stages[0].actions[0].configuration.Url', 10],
  ['stages[0].actions[1].runOrder', 13],
  ['stages[1].name', 14],
])('finds %s in YAML', (path, line) => {
  expect(SourceMap.of(YAML).lineOf(path)).toBe(line);
});

test.each([
  ['name', 2],
  ['stages[0].actions', 5],
  ['stages[1]', 6],
  ['stages[1].name', 7],
])('finds %s in JSON', (path, line) => {
  expect(SourceMap.of(JSON_TEXT).lineOf(path)).toBe(line);
});

test('points at what should hold a member that is missing', () => {
  expect(SourceMap.of(YAML).lineOf('stages[1].actions')).toBe(14);
});

test.each([
  ['', 2, undefined],
  ['nothing', 2, undefined],
  ['stages[99]', 4, 3],
])('of what it does not hold, %j, it names the nearest thing around', (path, yamlLine, jsonLine) => {
  expect(SourceMap.of(YAML).lineOf(path)).toBe(yamlLine);
  expect(SourceMap.of(JSON_TEXT).lineOf(path)).toBe(jsonLine);
});

test('of a text that can not be read it knows nothing, and does not throw', () => {
  expect(SourceMap.of('{"stages": [').lineOf('stages')).toBeUndefined();
  expect(SourceMap.of('['.repeat(100_000)).lineOf('stages')).toBeUndefined();
});

test('reads paths as the platform writes them', () => {
  expect(segmentsOf('stages[0].configuration["a.b\\"c"].x')).toEqual(['stages', '0', 'configuration', 'a.b"c', 'x']);
  expect(segmentsOf('')).toEqual([]);
});
