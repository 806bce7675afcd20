// `npm run screenshots`: builds, starts a platform of its own, works with it, and takes the pictures of the README from the real screens.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';

const failed = await build();
if (failed !== 0) process.exit(failed);
const { chromium } = await import('playwright-core');
const testing = await import('../services/standalone/dist/testing/index.js');
const { approval, approvalToken, commands, deploy, GitRepository, pipeline, PlatformProcess, source, stage, until } =
  testing;

const PICTURES = join(import.meta.dirname, '../docs/pictures');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const WIDE = { width: 1280, height: 760 };
const NARROW = { width: 390, height: 760 };

mkdirSync(PICTURES, { recursive: true });
const platform = await PlatformProcess.start();
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
try {
  await work();
  await takePictures();
} finally {
  await browser.close();
  await platform.dispose();
}

/** Pipelines as a team has them: good, failing, waiting for a person, held, running. */
async function work() {
  const shop = await repository('shop');
  const shell = (name, lines, more) => commands(name, lines, more);
  const tests = stage(
    'Test',
    shell('Unit', [String.raw`printf '\033[32m✓\033[0m 128 tests passed\n'`, 'sleep 2']),
    shell('Browser', ['sleep 1', 'echo "12 pages visited"']),
    shell('Smoke', [String.raw`test ! -e broken || { printf '\033[31m✗ /checkout answers 500\033[0m\n'; exit 1; }`], {
      runOrder: 2,
    }),
  );
  const built = stage('Build', shell('Package', ['echo "packed 42 files"', 'sleep 2']));
  await create('shop', watched(shop), built, tests, stage('Deploy', deploy(target('shop'))));
  await over('shop', 1, 'Succeeded');
  for (const [ordinal, message] of ['Sell shoes, too', 'Faster search', 'Remember the basket'].entries()) {
    await shop.commit(message, { 'index.html': message });
    await over('shop', ordinal + 2, 'Succeeded');
  }
  await shop.commit('New checkout page', { broken: 'yes' });
  await over('shop', 5, 'Failed');

  const docs = await repository('docs');
  await create(
    'docs',
    watched(docs),
    stage('Build', shell('Render', ['echo rendered'])),
    stage('Publish', deploy(target('docs'))),
  );
  await over('docs', 1, 'Succeeded');
  await platform.api.change('disableTransition', {
    pipeline: 'docs',
    stage: 'Publish',
    reason: 'Not on a Friday: the editors are away',
  });
  await docs.commit('Explain transitions', { 'index.html': 'two' });

  for (const name of ['analytics', 'identity', 'search-index']) {
    await create(name, source(await repository(name)), tests, stage('Deploy', deploy(target(name))));
    await over(name, 1, 'Succeeded');
  }
  await create(
    'mobile-app',
    source(await repository('mobile-app')),
    stage('Build', shell('Android', ['sleep 600']), shell('iOS', ['sleep 600'])),
    stage('Deploy', deploy(target('app'))),
  );
  const payments = await repository('payments');
  const gate = stage('Approve', approval('Release', { CustomData: 'Release “#{Src.CommitMessage}”?' }));
  await create('payments', watched(payments), tests, gate, stage('Deploy', deploy(target('payments'))));
  await approvalToken(platform.api, (await until('payments', () => latest('payments'))).id);
}

async function takePictures() {
  const [shop] = [await latest('shop')];
  const unit = shop.stages.find(({ name }) => name === 'Test').actions.find(({ name }) => name === 'Smoke')
    .attempts[0].id;
  await picture('dashboard', '/', { viewport: WIDE });
  await picture('dashboard-dark', '/', { viewport: WIDE, colorScheme: 'dark' });
  await picture('pipeline', '/pipelines/shop', { viewport: WIDE });
  await picture('execution', `/executions/${shop.id}?attempt=${unit}`, { viewport: WIDE });
  await picture('log', `/executions/${shop.id}/log/${unit}`, { viewport: { ...WIDE, height: 420 } });
  await picture('approvals', '/approvals', { viewport: WIDE });
  await picture('approvals-phone', '/approvals', { viewport: NARROW });
}

async function picture(name, path, context) {
  const page = await (await browser.newContext(context)).newPage();
  const { secret } = await platform.api.change('createToken', { name: 'ada', role: 'admin' });
  await page.context().addCookies([{ name: 'millrace-session', value: secret, url: platform.url }]);
  await page.goto(`${platform.url}${path}`);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: join(PICTURES, `${name}.png`), animations: 'disabled' });
  await page.context().close();
  console.log(`docs/pictures/${name}.png`);
}

function repository(name) {
  return GitRepository.create(join(platform.directory, name), { 'index.html': 'one' });
}

function watched(of) {
  return source(of, { PollForSourceChanges: 'true', PollIntervalSeconds: '1' });
}

function target(name) {
  return join(platform.directory, 'www', name);
}

async function create(name, checkout, ...stages) {
  await platform.api.change('createPipeline', { definition: pipeline(name, stage('Source', checkout), ...stages) });
}

async function latest(name) {
  const { executions } = await platform.api.query(
    'query ($name: String!) { executions(pipeline: $name, first: 1) { nodes { id ordinal status stages { name actions { name attempts { id } } } } } }',
    { name },
  );
  return executions.nodes[0];
}

function over(name, ordinal, status) {
  return until(`${name} #${ordinal} ${status}`, async () => {
    const found = await latest(name);
    return found?.ordinal === ordinal && found.status === status;
  });
}
