import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const noClock = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Time comes through the Clock port (design, section 8).',
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'Time comes through the Clock port (design, section 8).',
  },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: 'Randomness comes through the Ids port (design, section 8).',
  },
  {
    selector: 'CallExpression[callee.name=/^(setTimeout|setInterval)$/]',
    message: 'Timers come through the Timers port (design, section 8).',
  },
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'Only main.ts reads the environment (style, section 8).',
  },
];
const house = [
  { selector: 'TSEnumDeclaration', message: 'No enum: a union of literals (style, section 9).' },
  { selector: 'ExportDefaultDeclaration', message: 'No default exports (style, section 9).' },
  {
    selector: "BinaryExpression[operator='instanceof'][right.name='Error']",
    message: 'Use Error.isError: instanceof is false across realms (toolchain, Jest).',
  },
];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'coverage/**', 'tmp/**', '**/*.cjs', '**/generated/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      complexity: ['error', { max: 10, variant: 'modified' }],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': ['error', ...house],
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/await-thenable': 'error',
    },
  },
  {
    files: ['gateway/console/src/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: { 'react-hooks/rules-of-hooks': 'error' },
  },
  {
    files: [
      'services/*/src/{domain,application}/**/*.ts',
      'libs/{decider,contracts}/src/**/*.ts',
      'gateway/src/**/*.{projection,presenter,query,decider}.ts',
    ],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-syntax': ['error', ...house, ...noClock] },
  },
  {
    // A describe block is a list of rules, not a function with logic.
    files: ['**/*.spec.ts', '**/contract.ts', '**/testing/**/*.ts', '**/testing.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    files: ['**/*.mjs'],
    rules: { eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error' },
  },
);
