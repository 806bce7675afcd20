import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDefinitionText, validateDeclaration } from '@millrace/pipeline-definition';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root })];
const read = (page: string): string => readFileSync(join(root, page), 'utf8');

/** Without code, in which nothing is a link or a heading. */
const prose = (page: string): string => read(page).replaceAll(/^```[\s\S]*?^```$/gm, '');

/** Blocks of code in a language. */
function blocks(page: string, language: string): readonly string[] {
  return [...read(page).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, of]) => of === language)
    .map(([, , code = '']) => code);
}

/** Targets of links on a page, less those to other sites. */
function links(page: string): readonly string[] {
  const text = prose(page).replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ''));
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** As GitHub makes them of headings. */
function anchors(page: string): readonly string[] {
  return [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the documentation', () => {
  test('there are pages with links', () => {
    expect(pages.length).toBeGreaterThan(30);
    expect(pages.flatMap(links).length).toBeGreaterThan(60);
  });

  test.each(pages)('every link of %s leads somewhere', (page) => {
    const dead = links(page).filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, file))) return true;
      return anchor !== undefined && !anchors(file).includes(anchor);
    });
    expect(dead).toEqual([]);
  });

  test('every decision that the code names has a page, and every page a row in the index', () => {
    const numbers = pages.flatMap((page) => /decisions\/(\d{4})-/.exec(page)?.[1] ?? []).toSorted();
    const sources = globSync(['libs/*/src/**/*.ts', 'services/*/src/**/*.ts', 'gateway/{src,cli/src}/**/*.ts'], {
      cwd: root,
    });
    const named = sources.flatMap((file) =>
      [...read(file).matchAll(/docs\/decisions\/(\d{4})/g)].map(([, number]) => number),
    );
    expect(named.length).toBeGreaterThan(50);
    expect([...new Set(named)].filter((number) => number === undefined || !numbers.includes(number))).toEqual([]);
    const rows = [...read('docs/decisions/README.md').matchAll(/^\| \[(\d{4})\]\(\1-/gm)].map(([, number]) => number);
    expect(rows).toEqual(numbers);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test('every `npm run` of the documentation is a script', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    const asked = pages.flatMap((page) =>
      [...read(page).matchAll(/npm run ([a-z:]+)/g)].map(([, script = '']) => script),
    );
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.filter((script) => scripts[script] === undefined)).toEqual([]);
  });

  test('the pipelines that are shown whole are valid', () => {
    const shown = ['README.md', 'docs/pipeline-format.md'].flatMap((page) =>
      blocks(page, 'yaml').filter((code) => /^stages:/m.test(code)),
    );
    expect(shown.length).toBeGreaterThanOrEqual(2);
    for (const code of shown) expect(validateDeclaration(parseDefinitionText(code))).toMatchObject({ ok: true });
  });
});
