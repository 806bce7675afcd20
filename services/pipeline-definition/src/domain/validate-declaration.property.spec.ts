import fc from 'fast-check';
import { approval, buildspec, commands, files, pipeline, stage, type Declared } from './testing/declarations.js';
import { validateDeclaration } from './validate-declaration.js';

/** Never a throw, always a reason; what is accepted is its own normal form. */
function holds(input: unknown): boolean {
  const validation = validateDeclaration(input);
  if (!validation.ok) {
    expect(validation.violations.length).toBeGreaterThan(0);
    for (const { path, message } of validation.violations)
      expect(`${path}: ${message}`).not.toMatch(/undefined|\[object/);
    return false;
  }
  const again = validateDeclaration(JSON.parse(JSON.stringify(validation.declaration)));
  expect(again).toEqual(validation);
  return true;
}

const whole = pipeline(
  { variables: [{ name: 'V', defaultValue: 'x' }], artifactStore: { type: 'S3', location: 'bucket' } },
  stage(
    'Build',
    buildspec({ outputArtifacts: [{ name: 'Out' }], namespace: 'B' }),
    commands({ outputVariables: ['X'], namespace: 'C' }),
  ),
  stage(
    'Go',
    approval({ configuration: { CustomData: '#{variables.V} #{C.X}' } }),
    files({ runOrder: 2, inputArtifacts: [{ name: 'Out' }] }),
  ),
);

/** Every place inside a JSON value, as a list of keys. */
function placesIn(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, item]) => placesIn(item, [...at, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as Declared) }) as Declared;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

const key = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('__proto__', 'constructor', 'name', 'stages', 'runOrder', 'configuration'),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string(),
    fc.constantFrom('AWS', 'Millrace', 'Git', '1', '#{a.b}', '#{variables.V}', '#{'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5 }),
  ),
})).value;

describe('validateDeclaration', () => {
  test('the pipeline that is changed below is accepted', () => expect(holds(whole)).toBe(true));

  test('survives any JSON', () => {
    fc.assert(
      fc.property(json, (input) => void holds(input)),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.jsonValue(), (input) => void holds({ pipeline: input })),
      { numRuns: 200 },
    );
  });

  test('accepts nothing that its own normal form would not pass', () => {
    const places = placesIn(whole);
    let accepted = 0;
    const change = fc.record({ place: fc.constantFrom(...places), by: json });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        let input: unknown = whole;
        for (const { place, by } of changes) {
          // An earlier change may have taken the place away.
          if (
            place
              .slice(0, -1)
              .reduce<unknown>((value, step) => (value as Declared | undefined)?.[step], input) instanceof Object
          )
            input = replaced(input, place, by);
        }
        if (holds(input)) accepted += 1;
      }),
      { numRuns: 2000 },
    );
    // Otherwise the property would say nothing about what is accepted.
    expect(accepted).toBeGreaterThan(20);
  });
});
