import { readdirSync, readFileSync } from 'node:fs';
import { ACTION_TYPES } from '@millrace/contracts/pipeline-definition';
import { validateDeclaration } from '../../domain/validate-declaration.js';
import { parseDefinitionText } from './definition-text.js';

const folder = new URL('../../../../../docs/examples/', import.meta.url);
const names = readdirSync(folder);
const page = () => readFileSync(new URL('../pipeline-format.md', folder), 'utf8');

function validated(file: string) {
  const validation = validateDeclaration(parseDefinitionText(readFileSync(new URL(file, folder), 'utf8')));
  if (!validation.ok) throw new Error(`${file}: ${JSON.stringify(validation.violations, null, 2)}`);
  return validation;
}

describe('the examples of the documentation', () => {
  test.each(['minimal', 'release', 'variables'])('%s: JSON and YAML say the same', (name) => {
    expect(validated(`${name}.json`).declaration).toEqual(validated(`${name}.yaml`).declaration);
  });

  test.each(names)('%s is accepted, with nothing to be said about it', (file) => {
    expect(validated(file).notices).toEqual([]);
  });

  test('every block of the format page that is a whole pipeline is accepted', () => {
    const blocks = [...page().matchAll(/```(?:json|yaml)\n(.*?)```/gs)].map(([, text]) => text ?? '');
    const whole = blocks.filter((text) => /(^|[{\s"])stages"?:/.test(text));
    expect(whole.length).toBeGreaterThan(0);
    for (const text of whole) expect(validateDeclaration(parseDefinitionText(text))).toMatchObject({ ok: true });
  });

  test('the format page names every configuration key of every action type', () => {
    const keys = new Set(ACTION_TYPES.flatMap(({ properties }) => properties.map(({ name }) => name)));
    const text = page();
    expect([...keys].filter((key) => !text.includes(`\`${key}\``))).toEqual([]);
  });
});
