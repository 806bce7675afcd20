/** The arrows of docs/architecture.md: adapters → application → domain; nobody reads what another service is made of. */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'domain-is-pure',
      comment: 'A domain imports itself, @millrace/decider and the types of @millrace/contracts.',
      severity: 'error',
      from: { path: '^services/([^/]+)/src/domain/', pathNot: '\\.spec\\.ts$|/testing/' },
      to: { pathNot: '^(services/$1/src/domain/|libs/(decider|contracts)/)' },
    },
    {
      name: 'application-names-no-technology',
      severity: 'error',
      from: { path: '^services/([^/]+)/src/application/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^services/[^/]+/src/adapters/|node_modules/(@nestjs|kafkajs|mongodb|@eventstore|@apollo)|^node:sqlite|libs/[^/]+/src/(sqlite|files|log|kafka|mongodb|eventstoredb|s3|objects)/',
      },
    },
    {
      name: 'services-do-not-know-each-other',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: '^services/standalone/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'gateway-knows-no-service',
      severity: 'error',
      from: { path: '^gateway/src/', pathNot: '\\.e2e\\.spec\\.ts$' },
      to: { path: '^services/' },
    },
    {
      name: 'console-lives-on-the-public-api',
      comment: 'What runs in the browser imports nothing of the house: it has GraphQL, as any client has.',
      severity: 'error',
      from: { path: '^gateway/console/src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(libs|services|gateway)/', pathNot: '^gateway/console/src/' },
    },
    {
      name: 'libs-know-no-service',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(services|gateway)/' },
    },
    {
      name: 'no-deep-imports',
      comment: 'Packages are imported by name.',
      severity: 'error',
      from: { path: '^(libs|services)/([^/]+)/' },
      to: {
        path: '^(libs|services|gateway)/',
        pathNot: '^$1/$2/|/(src|dist)/(index|contract|testing|projections|[a-z-]+/index)\\.(ts|js|d\\.ts)$',
      },
    },
    {
      name: 'the-drivers-of-the-engines-are-loaded-when-they-are-needed',
      comment: 'They cost some 30 MB each, which the embedded product has no use for.',
      severity: 'error',
      from: { path: '^(libs|services|gateway)/', pathNot: '\\.spec\\.ts$|/testing/' },
      to: {
        path: 'node_modules/(@eventstore|mongodb|@aws-sdk|@smithy)/',
        dependencyTypesNot: ['type-only', 'dynamic-import'],
      },
    },
    {
      name: 'the-driver-of-kafka-is-loaded-when-it-is-needed',
      comment: 'It costs 16 MB, which the embedded product has no use for.',
      severity: 'error',
      from: { path: '^(libs|services|gateway)/', pathNot: '\\.spec\\.ts$|/testing/' },
      to: { path: 'node_modules/kafkajs/', dependencyTypesNot: ['type-only', 'dynamic-import'] },
    },
    {
      name: 'no-product-code-knows-the-engines-of-the-tests',
      severity: 'error',
      from: { path: '^(libs|services|gateway)/', pathNot: '\\.spec\\.ts$|/testing/' },
      to: { path: '^infra/' },
    },
    {
      name: 'no-catch-all-folders',
      severity: 'error',
      from: {},
      to: { path: '^(libs|services|gateway|infra)/.*/(utils|common|shared|helpers)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|(^|/)dist/' },
    exclude: { path: '(^|/)(coverage|tmp)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
    progress: { type: 'none' },
  },
};
