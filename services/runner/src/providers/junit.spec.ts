import { countTests, describeCount } from './junit.js';

test('counts test cases by their outcome', () => {
  const xml = `<?xml version="1.0"?>
    <testsuites tests="99" failures="99"><testsuite>
      <testcase name="ok"/>
      <testcase name="ok too"></testcase>
      <testcase name="bad"><failure message="a &gt; b">text</failure><failure/></testcase>
      <testcase name="broken"><error/></testcase>
      <testcase name="not now"><skipped/></testcase>
    </testsuite></testsuites>`;
  expect(countTests(xml)).toEqual({ tests: 5, failed: 2, skipped: 1 });
});

test.each([
  ['comments', '<testcase/><!-- <testcase><failure/></testcase> -->'],
  ['character data', '<testcase><system-out><![CDATA[<testcase><failure/>]]></system-out></testcase>'],
  ['attributes', `<testcase name="<failure/>" other='>"<error/>'/>`],
  ['instructions', '<?x <testcase> ?><testcase/>'],
  ['failures outside of a test', '<failure/><testcase/><error/>'],
])('is not misled by %s', (_what, xml) => {
  expect(countTests(xml)).toEqual({ tests: 1, failed: 0, skipped: 0 });
});

test.each(['', '<', '<testcase', '<testcase name="', '<!-- open', '<![CDATA[ open', 'no xml at all'])(
  'bears %s',
  (xml) => {
    expect(countTests(xml)).toEqual({ tests: 0, failed: 0, skipped: 0 });
  },
);

test('expands no entity', () => {
  const bomb = '<!DOCTYPE x [<!ENTITY a "<testcase/><testcase/>"><!ENTITY b "&a;&a;">]><testsuite>&b;</testsuite>';
  expect(countTests(bomb).tests).toBeLessThanOrEqual(2);
});

test('takes time in proportion to the text', () => {
  const startedMs = performance.now();
  countTests('<'.repeat(2_000_000));
  countTests('<a "'.repeat(500_000));
  countTests('<!--'.repeat(500_000));
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});

test.each([
  [{ tests: 12, failed: 1, skipped: 0 }, '12 tests, 1 failed'],
  [{ tests: 1, failed: 0, skipped: 1 }, '1 test, 0 failed, 1 skipped'],
])('%j reads %s', (count, text) => {
  expect(describeCount(count)).toBe(text);
});
