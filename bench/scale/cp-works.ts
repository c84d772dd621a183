import { randomUUID, randomUUIDv7 } from 'node:crypto';
import type { Kysely } from 'kysely';
import { AGED, forgetAged } from '../../db/cp/retention.ts';
import { readPullDocument, recordApplied } from '../../db/cp/pull.ts';
import { oldestUnapplied } from '../../db/cp/revision-progress.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { oldestOpenSeconds, openDeliveries } from '../../db/cp/signals/gateway.ts';
import { signalByOperator } from '../../db/cp/signals/operate.ts';
import { readEventKeyHistory } from '../../db/cp/telemetry/event-keys.ts';
import { openEventDays, storeBatch } from '../../db/cp/telemetry/intake.ts';
import { raiseMismatches } from '../../db/cp/trades/reconcile.ts';
import { openWork, unstartedWork } from '../../db/cp/work-order.ts';
import type { SignedEvent } from '../../domain/telemetry/events.ts';
import { story } from '../../test/support/trade-events.ts';
import type { Registry } from '../console/registry.ts';
import type { Work } from './measure.ts';

/** A Control Plane as it is measured. */
export interface CpSubject {
  readonly db: Kysely<CpSchema>;
  readonly registry: Registry;
  /** Both sides of the purchases that its steps are at. */
  batch?: { readonly importer: Side; readonly exporter: Side };
}

interface Side {
  readonly wlId: string;
  readonly events: readonly SignedEvent[];
}

/** Two events a purchase from either side: half of what a relay sends at once. */
const PURCHASES = 50;
const POLLS = 20;
const AUTHOR = { actor: 'bench', source: 'bench', correlationId: 'bench' };
const PAGE = 100;
const FORGET_ROWS = 2_000;
const AT_ONCE = { idleSeconds: 10, seenSeconds: 300, limit: PAGE };
const SIGNATURE = `eyJhbGciOiJFZERTQSIsImtpZCI6ImsifQ..${'x'.repeat(86)}`;

function pairOf({ registry: { pairs } }: CpSubject, turn: number) {
  const pair = pairs[turn % pairs.length];
  if (pair === undefined) throw new Error('a registry has pairs');
  return pair;
}

/** What both white labels of a pair tell of fifty purchases that go well. */
function tell(subject: CpSubject, turn: number): void {
  const { src: exporter, dst: importer } = pairOf(subject, turn);
  const now = new Date();
  const stories = Array.from({ length: PURCHASES }, () =>
    story(
      'confirmed',
      { importer, exporter },
      { tradeId: randomUUIDv7(), startedAt: new Date(now.getTime() - 1_000) },
    ),
  );
  const sideOf = (wlId: string): Side => ({
    wlId,
    events: stories
      .flatMap(({ events }) => events.filter((event) => event.wlId === wlId))
      .map((event): SignedEvent => ({
        ...{ eventId: event.eventId, type: event.type, schemaVersion: 1, wlId },
        ...{ occurredAt: event.occurredAt.toISOString(), correlationId: event.correlationId },
        ...{ data: JSON.parse(JSON.stringify(event.data)), signature: SIGNATURE },
      })),
  });
  subject.batch = { importer: sideOf(importer), exporter: sideOf(exporter) };
}

async function take(subject: CpSubject, side: 'importer' | 'exporter'): Promise<void> {
  const told = subject.batch?.[side];
  if (told === undefined) throw new Error('the first step makes the events');
  await readEventKeyHistory(subject.db, told.wlId);
  const results = await storeBatch(subject.db, {
    ...{ wlId: told.wlId, refused: [], correlationId: 'bench' },
    verified: told.events.map((event) => ({ event, kid: 'bench' })),
  });
  if (results.some((result) => result !== 'ACCEPTED')) throw new Error('an event was known');
}

/** From the request to the projection, the balance and its judgement; signatures are checked before. */
const intake: Work<CpSubject> = {
  name: `intake of ${PURCHASES} purchases`,
  place: 'beside',
  times: 3,
  steps: [
    {
      name: 'days of events',
      async run(subject, turn) {
        tell(subject, turn);
        await openEventDays(subject.db, new Date());
      },
    },
    {
      name: `${2 * PURCHASES} events of the importer`,
      run: (subject) => take(subject, 'importer'),
    },
    {
      name: `${2 * PURCHASES} events of the exporter`,
      run: (subject) => take(subject, 'exporter'),
    },
  ],
};

function beside(
  name: string,
  run: (subject: CpSubject, turn: number) => Promise<unknown>,
  more: Partial<Pick<Work<CpSubject>, 'times' | 'linearIn'>> = {},
): Work<CpSubject> {
  return { name, place: 'beside', times: POLLS, ...more, steps: [{ name, run }] };
}

const forgetting = AGED.map((aged) =>
  beside(`retention: ${aged.table}`, ({ db }) => forgetAged(db, aged, FORGET_ROWS), { times: 3 }),
);

export const CP_WORKS: readonly Work<CpSubject>[] = [
  intake,
  beside('pull: the document of a white label', (subject, turn) =>
    readPullDocument(subject.db, pairOf(subject, turn).src),
  ),
  beside('pull: what it has applied', (subject, turn) =>
    recordApplied(subject.db, pairOf(subject, turn).src, 1n),
  ),
  beside(
    'signal: made with its deliveries',
    (subject, turn) =>
      signalByOperator(subject.db, {
        ...{ pair: pairOf(subject, turn), reason: 'bench', author: AUTHOR },
        action: turn % 2 === 0 ? 'DISABLE' : 'ENABLE',
        keyed: { route: 'bench', actor: 'bench', key: randomUUID(), fingerprint: 'bench' },
      }),
    { times: 3 },
  ),
  beside('signal: open deliveries of a gateway', (subject, turn) =>
    openDeliveries(subject.db, pairOf(subject, turn).dst, PAGE),
  ),
  beside('metrics: oldest open delivery', ({ db }) => oldestOpenSeconds(db)),
  beside('metrics: oldest revision not applied', ({ db }) => oldestUnapplied(db)),
  beside('reconcile: trades that differ', ({ db }) => raiseMismatches(db, PAGE), { times: 3 }),
  beside('work: not started', ({ db }) => unstartedWork(db, PAGE)),
  beside('work: not finished', ({ db }) => openWork(db, AT_ONCE)),
  ...forgetting,
];
