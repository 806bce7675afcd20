import type { PipelineRow } from '../api/generated/operations.js';
import { Documents, isOlder } from './documents.js';

const row = (position: string, name = 'shop') => ({ id: 'P1', name, position }) as PipelineRow;

describe('documents', () => {
  test('a newer position replaces, an older one never does', () => {
    const documents = new Documents();
    expect(documents.put('row', 'P1', row('L.10', 'ten'))).toBe(true);
    expect(documents.put('row', 'P1', row('L.9', 'nine'))).toBe(false);
    expect(documents.get('row', 'P1')?.name).toBe('ten');
    expect(documents.put('row', 'P1', row('L.11', 'eleven'))).toBe(true);
    expect(documents.get('row', 'P1')?.name).toBe('eleven');
  });

  test('what is of the same position replaces: what is read of a pipeline from elsewhere may have changed', () => {
    const documents = new Documents();
    documents.put('row', 'P1', row('L.10', 'one'));
    expect(documents.put('row', 'P1', row('L.10', 'other'))).toBe(true);
  });

  test('a document of another log replaces: it is another installation’s', () => {
    expect(isOlder('M.1', 'L.9')).toBe(false);
    expect(isOlder('L.9', 'L.10')).toBe(true);
  });

  test('one that was deleted and comes again is there', () => {
    const documents = new Documents();
    documents.put('row', 'P1', row('L.10'));
    documents.remove('row', 'P1');
    expect(documents.get('row', 'P1')).toBeUndefined();
    documents.put('row', 'P1', row('L.5'));
    expect(documents.get('row', 'P1')).toBeDefined();
  });

  test('who listens to all hears once of many changes', async () => {
    const documents = new Documents();
    const told = new Promise<number>((resolve) =>
      documents.listen('row', undefined, () => resolve(documents.all('row').size)),
    );
    for (let index = 0; index < 500; index += 1) documents.put('row', `P${index}`, row('L.1'));
    expect(await told).toBe(500);
  });
});
