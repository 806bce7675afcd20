import { json } from '@codemirror/lang-json';
import { yaml } from '@codemirror/lang-yaml';
import { placeOf, pathAt, segmentsOf } from './place-of.js';

const JSON_TEXT = `{
  "name": "shop",
  "stages": [
    { "name": "Source", "actions": [{ "name": "Git", "configuration": { "odd key": "x" } }] },
    { "name": "Build", "actions": [] }
  ]
}`;
const YAML_TEXT = `# a comment
name: shop
stages:
  - name: Source
    actions:
      - name: Git
        actionTypeId: { category: Source, provider: Git }
        configuration:
          'odd key': x
  - name: Build
    actions: []
`;

const readers = { JSON: json().language.parser, YAML: yaml().language.parser };
const lineAt = (text: string, position: number): string => {
  const from = text.lastIndexOf('\n', position - 1) + 1;
  return text.slice(from, text.indexOf('\n', position)).trim();
};

describe.each([
  ['JSON', JSON_TEXT],
  ['YAML', YAML_TEXT],
] as const)('%s', (language, text) => {
  const tree = readers[language].parse(text);
  const at = (path: string): string => {
    const { from, to } = placeOf(tree, text, path);
    return text.slice(from, to);
  };

  test('finds a member', () => expect(at('name')).toMatch(/^"?name"?$/));

  test('finds an item of a list, and a member in it', () => {
    expect(lineAt(text, placeOf(tree, text, 'stages[1]').from)).toContain('Build');
    expect(lineAt(text, placeOf(tree, text, 'stages[1].actions').from)).toContain('actions');
  });

  test('finds a key with blanks', () =>
    expect(at('stages[0].actions[0].configuration["odd key"]')).toMatch(/^["']odd key["']$/));

  test('of what is missing finds the member around it', () => {
    expect(at('stages[0].actions[0].configuration.RepositoryUrl')).toMatch(/^"?configuration"?$/);
  });

  test('of what is nowhere finds the first line', () => expect(placeOf(tree, text, 'roleArn').from).toBe(0));

  test('knows the way to a place', () => {
    expect(pathAt(tree, text, text.indexOf('odd key'))).toEqual(['stages', '[]', 'actions', '[]', 'configuration']);
  });
});

test('looks into { pipeline }', () => {
  const text = `{ "pipeline": ${JSON_TEXT} }`;
  const { from } = placeOf(readers.JSON.parse(text), text, 'stages[1].name');
  expect(lineAt(text, from)).toContain('Build');
});

test('reads a path', () =>
  expect(segmentsOf('stages[0].configuration["a.\\"b"].c')).toEqual(['stages', '0', 'configuration', 'a."b', 'c']));
