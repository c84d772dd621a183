import {
  Counter,
  Gauge,
  Histogram,
  Registry,
  collectDefaultMetrics,
  type CounterConfiguration,
  type GaugeConfiguration,
  type HistogramConfiguration,
} from 'prom-client';

/** Seconds. One bucket ends at 0.5 because the SLO of a confirm is 500 ms (DESIGN.md 7). */
export const LATENCY_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2, 5, 10,
];

/** Metrics of one process: it makes what it needs at start and serves all of them together. */
export interface Metrics {
  readonly httpDuration: Histogram<'route' | 'method' | 'status'>;
  counter<L extends string>(configuration: CounterConfiguration<L>): Counter<L>;
  gauge<L extends string>(configuration: GaugeConfiguration<L>): Gauge<L>;
  /** Latencies in seconds unless `buckets` says otherwise. */
  histogram<L extends string>(configuration: HistogramConfiguration<L>): Histogram<L>;
  /**
   * A gauge that is read when somebody looks. Where it can not be read its value is NaN, which is a
   * value of its own in this format, and the other figures are served all the same.
   */
  watch(
    figure: { readonly name: string; readonly help: string },
    read: () => Promise<number>,
  ): void;
  /** The same with one label; values of the label that are not answered any more are forgotten. */
  watchEach<L extends string>(
    figure: { readonly name: string; readonly help: string; readonly label: L },
    read: () => Promise<ReadonlyMap<string, number>>,
  ): void;
  /** Appends Prometheus text that another library in this process serves. */
  addSource(source: () => Promise<string>): void;
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface MetricsOptions {
  /** Value of the `process` label: `cp-api`, `wl-gateway`… */
  readonly process: string;
  /** Event loop, memory and CPU figures of Node; on unless a test has no use for them. */
  readonly nodeFigures?: boolean;
}

function lost(lostSources: Counter): number {
  lostSources.inc();
  return NaN;
}

/** A registry of its own per process, so that tests can make several. */
export function createMetrics({ process, nodeFigures = true }: MetricsOptions): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  if (nodeFigures) collectDefaultMetrics({ register: registry });
  const sources: (() => Promise<string>)[] = [];
  const registers = [registry];
  const lostSources = new Counter({
    name: 'metrics_source_failures_total',
    help: 'Times that appended metrics could not be read and were left out',
    registers,
  });
  const readSource = async (source: () => Promise<string>): Promise<string> => {
    try {
      return await source();
    } catch {
      // Our own figures matter most when something else fails; the loss is a figure itself.
      lostSources.inc();
      return '';
    }
  };
  return {
    httpDuration: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the first byte of a request to the end of its answer',
      labelNames: ['route', 'method', 'status'],
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    counter: (configuration) => new Counter({ ...configuration, registers }),
    gauge: (configuration) => new Gauge({ ...configuration, registers }),
    histogram: (configuration) =>
      new Histogram({ buckets: LATENCY_BUCKETS, ...configuration, registers }),
    watch({ name, help }, read) {
      new Gauge({
        ...{ name, help, registers },
        async collect() {
          this.set(await read().catch(() => lost(lostSources)));
        },
      });
    },
    watchEach({ name, help, label }, read) {
      new Gauge({
        ...{ name, help, registers, labelNames: [label] },
        async collect() {
          this.reset();
          const values = await read().catch(() => lostSources.inc());
          for (const [value, figure] of values ?? []) {
            this.set({ [label]: value } as Record<typeof label, string>, figure);
          }
        },
      });
    },
    addSource: (source) => void sources.push(source),
    async render() {
      const others = await Promise.all(sources.map(readSource));
      const own = await registry.metrics();
      return { contentType: registry.contentType, text: [own, ...others].join('\n') };
    },
  };
}
