import type { Kysely } from 'kysely';
import { secondsSincePull } from '../../activities/governance/pull-policies.ts';
import { openPurchases } from '../../db/wl/trades/figures.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import type { TradeRow } from '../../db/wl/trades/row.ts';
import type { TraderAnswer } from '../../domain/purchase/answer.ts';
import { publicStatus } from '../../domain/purchase/trade.ts';
import type { Admission } from '../../runtime/admission.ts';
import type { Metrics } from '../../runtime/metrics.ts';

/** Seconds. A purchase may wait for a person for a day. */
const LIFE_BUCKETS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15, 60, 300, 900, 3_600, 86_400];
/** A step that ran twice reports its row twice; within a moment, so few are remembered. */
const REMEMBERED = 1_000;
const MS_PER_SECOND = 1_000;

/** Figures of this WL as importer. */
export interface PurchaseFigures {
  /** A row as a step left it; only outcomes count, each once. */
  moved(row: TradeRow): void;
  /** What a buyer was told, and after how long. */
  answered(row: TradeRow, seconds: number): void;
}

/** Labels are statuses and codes, which are closed sets: never an id. */
export function measurePurchases(metrics: Metrics): PurchaseFigures {
  const outcomes = metrics.counter({
    name: 'purchase_outcomes_total',
    help: 'Purchases that came to an outcome here as importer, by status and reason',
    labelNames: ['status', 'reason'],
  });
  const lives = metrics.histogram({
    name: 'purchase_outcome_seconds',
    help: 'From the request of a purchase to its outcome',
    labelNames: ['status'],
    buckets: LIFE_BUCKETS,
  });
  const answers = metrics.histogram({
    name: 'buy_duration_seconds',
    help: 'From the arrival of a buy to its answer, by the status that the buyer was told',
    labelNames: ['status'],
  });
  const counted = new Set<string>();
  const moved = (row: TradeRow): void => {
    const status = publicStatus(row.state);
    const outcome = `${row.trade_id}/${status}`;
    if (status === 'PENDING' || counted.has(outcome)) return;
    counted.add(outcome);
    for (const oldest of counted) {
      if (counted.size <= REMEMBERED) break;
      counted.delete(oldest);
    }
    outcomes.inc({ status, reason: row.reason ?? 'none' });
    const ms = row.updated_at.getTime() - row.created_at.getTime();
    lives.observe({ status }, ms / MS_PER_SECOND);
  };
  return {
    moved,
    answered(row, seconds) {
      // A refusal of our own has no workflow that would tell of it.
      if (row.state === 'REJECTED') moved(row);
      answers.observe({ status: publicStatus(row.state) }, seconds);
    },
  };
}

/** Who waits for a purchase to begin, and who was sent away: this process is at its capacity. */
export function measureLine(metrics: Metrics, admission: Pick<Admission, 'waiting'>): () => void {
  metrics.watch(
    { name: 'buyers_waiting', help: 'Buy requests that wait for room in this process' },
    () => Promise.resolve(admission.waiting()),
  );
  const turnedAway = metrics.counter({
    name: 'buys_turned_away_total',
    help: 'Buy requests that found no room in time, refused with nothing written',
  });
  return () => turnedAway.inc();
}

/** Figures of this WL as exporter: what partners were told, and how long it took. */
export function measureTraderAnswers(metrics: Metrics) {
  const answers = metrics.counter({
    name: 'trader_answers_total',
    help: 'Answers of this exporter to preflights and confirms, by status and reason',
    labelNames: ['call', 'status', 'reason'],
  });
  const durations = metrics.histogram({
    name: 'trader_answer_seconds',
    help: 'Time that the decision on a preflight or a confirm took this exporter',
    labelNames: ['call'],
  });
  return (call: 'preflight' | 'confirm', answer: TraderAnswer, seconds: number): void => {
    answers.inc({ call, status: answer.status, reason: answer.reason ?? 'none' });
    durations.observe({ call }, seconds);
  };
}

/** Calls to exporters as the importer sees them, the network included. */
export function measureExporterCalls(metrics: Metrics) {
  const calls = metrics.histogram({
    name: 'exporter_call_seconds',
    help: 'Calls to exporters by kind and by what came of them',
    labelNames: ['call', 'outcome'],
  });
  return (call: string, outcome: string, seconds: number): void =>
    calls.observe({ call, outcome }, seconds);
}

/** What stands in the books now, read when somebody looks. */
export function watchBooks(metrics: Metrics, db: Kysely<WlTables>): void {
  metrics.watchEach(
    {
      name: 'purchases_open',
      help: 'Purchases without an outcome by state; NEEDS_ATTENTION are parked for a person',
      label: 'state',
    },
    () => openPurchases(db),
  );
  metrics.watch(
    {
      name: 'policy_age_seconds',
      help: 'Since the policies were last pulled from the Control Plane, or found unchanged there',
    },
    () => secondsSincePull(db),
  );
}
