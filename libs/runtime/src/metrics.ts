/** Labels of one series. */
export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(amount?: number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** What a series is called and says. Names begin with `millrace_` and end with the unit (`_seconds`, `_bytes`, `_total`). */
export interface Series {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

export interface Metrics {
  counter(series: Series): Counter;
  /** @param collect - asked at each scrape, so that what is known anyway needs no bookkeeping. */
  gauge(series: Series, collect?: (gauge: Gauge) => void | Promise<void>): Gauge;
  /** @param buckets - upper bounds, ascending. */
  histogram(series: Series, buckets: readonly number[]): Histogram;
  /** Everything in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

const NOTHING = { add: () => {}, set: () => {}, observe: () => {} };

/** For where nobody scrapes. */
export const noMetrics: Metrics = {
  counter: () => NOTHING,
  gauge: () => NOTHING,
  histogram: () => NOTHING,
  text: async () => '',
  contentType: 'text/plain',
};

/** Loads prom-client (19 MB) only when it is called. */
export async function loadMetrics(options: { readonly processMetrics?: boolean } = {}): Promise<Metrics> {
  const { default: prometheus } = await import('prom-client');
  const registry = new prometheus.Registry();
  if (options.processMetrics === true) prometheus.collectDefaultMetrics({ register: registry });
  const common = ({ name, help, labels = [] }: Series) => ({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
  });
  return {
    counter(series) {
      const counter = new prometheus.Counter(common(series));
      return { add: (amount = 1, labels = {}) => counter.inc(labels, amount) };
    },
    gauge(series, collect) {
      const gauge: Gauge = { set: (value, labels = {}) => inner.set(labels, value) };
      const inner = new prometheus.Gauge({
        ...common(series),
        ...(collect === undefined ? {} : { collect: () => collect(gauge) }),
      });
      return gauge;
    },
    histogram(series, buckets) {
      const histogram = new prometheus.Histogram({ ...common(series), buckets: [...buckets] });
      return { observe: (value, labels = {}) => histogram.observe(labels, value) };
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
