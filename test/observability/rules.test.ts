import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readPage } from '../docs/pages.ts';
import { figuresInPage } from '../support/figures.ts';
import { readPromql } from '../support/promql.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const { groups } = parse(readPage('ops/alerts/cross-wl.yml')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(readPage('ops/grafana/cross-wl.json')) as {
  readonly panels: readonly Panel[];
};
const targets = panels.flatMap(({ title, targets: own = [] }) =>
  own.map(({ expr }) => ({ title, expr })),
);

/** Prometheus' own, Node's by prom-client, and the SDK's (SDK metrics reference; trace.test.ts scrapes a worker). */
const FOREIGN: ReadonlySet<string> = new Set([
  'up',
  'nodejs_eventloop_lag_p99_seconds',
  'temporal_workflow_task_execution_latency_bucket',
  'temporal_local_activity_execution_failed',
]);
/** Given by Prometheus, by this process, by histograms and by the SDK. */
const FOREIGN_LABELS = ['instance', 'process', 'le', 'task_queue', 'activity_type'];

const figures = figuresInPage();
const series = new Set([
  ...FOREIGN,
  ...[...figures].flatMap(([name, { kind }]) =>
    kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  ),
]);
const labels = new Set([...FOREIGN_LABELS, ...[...figures.values()].flatMap((one) => one.labels)]);

const used = [...targets.map(({ expr }) => expr), ...rules.map(({ expr }) => expr)];

test.each(used)('%s parses, and asks for what the processes have', (expr) => {
  const asked = readPromql(expr);
  expect(asked.figures.filter((name) => !series.has(name))).toEqual([]);
  expect(asked.labels.filter((name) => !labels.has(name))).toEqual([]);
});

test.each(['sum(rate(x[5m])', 'x{a=b}', 'x[5]', 'sum by (le x)', 'nope(x)', 'x >', 'x y'])(
  'the reader refuses %s',
  (expr) => {
    expect(() => readPromql(expr)).toThrow();
  },
);

test('every figure of ours that is no mere detail is watched or shown', () => {
  const asked = new Set(used.flatMap((expr) => readPromql(expr).figures));
  const isAsked = (name: string): boolean =>
    [name, `${name}_bucket`, `${name}_count`].some((one) => asked.has(one));
  expect([...figures.keys()].filter((name) => !isAsked(name))).toEqual([
    // Broken down on the panels of outcomes; these are for questions that somebody has.
    'purchase_outcome_seconds',
    'outbox_unsent',
    'outbox_delivered_total',
  ]);
});

describe('alerts', () => {
  test('have names of their own, and a severity', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    const severities = new Set(rules.map((rule) => rule.labels.severity));
    expect([...severities].toSorted()).toEqual(['critical', 'warning']);
  });

  test.each(rules)('$alert leads to a section that says what to do', ({ alert, annotations }) => {
    const [path = '', anchor] = annotations.runbook.split('#');
    expect(anchor).toBe(alert.toLowerCase());
    expect(readPage(path)).toMatch(new RegExp(`^### ${alert}\\n\\n\\S.{40}`, 'm'));
    expect(annotations.summary).toMatch(/\.$/);
  });

  test('each promise of the design has one', () => {
    const names = rules.map(({ alert }) => alert);
    expect(names).toEqual(
      expect.arrayContaining([
        ...['ConfirmSlow', 'ConfirmErrors', 'PolicyDrift', 'SignalNotEffective', 'EventsRefused'],
        ...['OutboxLag', 'BreakerOpen', 'PurchasesParked', 'GatewayDead', 'CertificateExpires'],
      ]),
    );
  });
});

test('panels have ids of their own and a legend for each line', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const silent = panels.filter(
    ({ type, targets: own = [] }) =>
      type !== 'row' && (own.length === 0 || own.some(({ legendFormat }) => legendFormat === '')),
  );
  expect(silent).toEqual([]);
});
