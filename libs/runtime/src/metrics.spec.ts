import { loadMetrics, noMetrics } from './metrics.js';

test('prints what was counted, set, observed and collected', async () => {
  const metrics = await loadMetrics();
  metrics
    .counter({ name: 'millrace_appends_total', help: 'Appends.', labels: ['outcome'] })
    .add(2, { outcome: 'done' });
  metrics.gauge({ name: 'millrace_parked', help: 'Parked messages.' }).set(3);
  metrics.gauge({ name: 'millrace_lag', help: 'Lag.', labels: ['consumer'] }, async (gauge) =>
    gauge.set(7, { consumer: 'a' }),
  );
  metrics.histogram({ name: 'millrace_wait_seconds', help: 'Waits.' }, [0.1, 1]).observe(0.5);
  const text = await metrics.text();
  for (const line of [
    'millrace_appends_total{outcome="done"} 2',
    'millrace_parked 3',
    'millrace_lag{consumer="a"} 7',
    'millrace_wait_seconds_bucket{le="1"} 1',
  ])
    expect(text).toContain(line);
  expect(metrics.contentType).toMatch(/^text\/plain/);
});

test('two registries know nothing of each other', async () => {
  const series = { name: 'millrace_parked', help: 'Parked messages.' };
  const [one, other] = [await loadMetrics(), await loadMetrics()];
  one.gauge(series).set(1);
  other.gauge(series).set(2);
  expect(await one.text()).toContain('millrace_parked 1');
});

test('none is none', async () => {
  noMetrics.counter({ name: 'x', help: 'x' }).add();
  noMetrics.gauge({ name: 'x', help: 'x' }).set(1);
  noMetrics.histogram({ name: 'x', help: 'x' }, []).observe(1);
  expect(await noMetrics.text()).toBe('');
});
