import { readDecision } from '../../../db/cp/approval.ts';
import { deskActionsOf } from '../../../db/cp/desk/action.ts';
import { readEvents, readSignals, readTokens } from '../../../db/cp/evidence/parts.ts';
import type { TradeKey } from '../../../db/cp/trades/row.ts';
import type { EvidenceEvent } from '../../../domain/audit/evidence.ts';
import type { TraderPurchaseData } from '../../../domain/telemetry/events.ts';
import type {
  FilmClock,
  FilmEvent,
  FilmFact,
  FilmLane,
  FilmParty,
} from '../../../domain/telemetry/film.ts';
import { exporterFilm, importerFilm } from '../../wl/film/routes.ts';
import type { CpApiDeps } from '../deps.ts';
import { purchasePath, type DeskCall } from './support-desk.ts';

type FilmDeps = Pick<CpApiDeps, 'db' | 'supportDesk'>;

export const MISSING_REASONS = ['AWAY', 'NO_ROW', 'NO_HISTORY', 'ENGINE_AWAY'] as const;

export interface Missing {
  readonly lane: FilmLane;
  /** Which of the reasons it is, for who says it in another language. */
  readonly why: (typeof MISSING_REASONS)[number];
  readonly detail: string;
}

/** One party's part of the film, or why there is none. */
export interface Shown {
  readonly party?: FilmParty;
  readonly clock?: FilmClock;
  readonly missing: readonly Missing[];
}

interface AskedParty {
  readonly lane: 'importer' | 'exporter';
  readonly wlId: string;
  readonly path: string;
  readonly person: string;
}

/** Asks both parties at once; one that is away leaves the rest to be shown. */
export async function askParties(
  { supportDesk }: FilmDeps,
  { importer, exporter, tradeId }: TradeKey,
  person: string,
): Promise<readonly [Shown, Shown]> {
  const history = `/api/v2/trader/purchases/${encodeURIComponent(tradeId)}/history`;
  return Promise.all([
    askParty(supportDesk, {
      ...{ lane: 'importer', wlId: importer, person },
      path: purchasePath(tradeId, 'film'),
    }),
    askParty(supportDesk, {
      ...{ lane: 'exporter', wlId: exporter, person },
      path: `${history}?requesterWlId=${importer}`,
    }),
  ]);
}

async function askParty(
  desk: FilmDeps['supportDesk'],
  { lane, wlId, path, person }: AskedParty,
): Promise<Shown> {
  const call: DeskCall = { wlId, person, method: 'GET', path };
  const before = Date.now();
  const reply = await desk.call(call);
  const after = Date.now();
  const missing = (why: Missing['why'], detail: string): Shown => ({
    missing: [{ lane, why, detail }],
  });
  if (reply.kind === 'AWAY') return missing('AWAY', `The ${lane} gave no answer: ${reply.detail}.`);
  if (reply.status === 404) return missing('NO_ROW', `The ${lane} has no row of this trade.`);
  const shape = lane === 'importer' ? importerFilm : exporterFilm;
  const parsed = shape.safeParse(reply.body);
  if (reply.status !== 200 || !parsed.success) {
    return missing('NO_HISTORY', `The ${lane} answered ${reply.status}, and no history.`);
  }
  const { items: moves, workflow, correlationId, clock } = parsed.data;
  return {
    party: { moves, steps: workflow.steps as FilmParty['steps'], correlationId },
    clock: {
      lane,
      offsetMs: Math.round(Date.parse(clock) - (before + after) / 2),
      uncertaintyMs: Math.ceil((after - before) / 2),
    },
    missing:
      workflow.found === 'ENGINE_AWAY'
        ? [
            {
              lane,
              why: 'ENGINE_AWAY',
              detail: `The engine of the ${lane} does not answer: its steps are missing.`,
            },
          ]
        : [],
  };
}

export interface Known {
  readonly events: readonly FilmEvent[];
  readonly facts: readonly FilmFact[];
}

/** What the Control Plane itself knows: events, tokens, signals, and what people did. */
export async function readKnown({ db }: FilmDeps, trade: TradeKey): Promise<Known> {
  const told = await readEvents(db, trade);
  const times = told.flatMap(({ event, receivedAt }) => [
    Date.parse(event.occurredAt),
    Date.parse(receivedAt),
  ]);
  const window = {
    from: new Date(times.length === 0 ? 0 : Math.min(...times)),
    until: new Date(times.length === 0 ? 0 : Math.max(...times)),
  };
  const wlIds = [trade.importer, trade.exporter];
  const [tokens, signals, actions, decision] = await Promise.all([
    readTokens(db, wlIds, window),
    readSignals(db, wlIds, window),
    deskActionsOf(db, trade),
    readDecision(db, trade),
  ]);
  return {
    events: told.map((one) => eventOf(trade, one)),
    facts: [
      ...tokens
        .filter(({ kind }) => kind === 'PEER')
        .map(({ kid, sub, scope, issuedAt, expiresAt }): FilmFact => {
          const lane = sub === trade.importer ? 'importer' : 'exporter';
          const what = `token of the ${lane} for its partner, valid meanwhile`;
          const details = { kid, scope, expiresAt };
          return { at: issuedAt, kind: 'token', code: 'token', what, holder: lane, details };
        }),
      ...signals.map(({ id, src, dst, action, origin, sequence, createdAt }): FilmFact => {
        const what = `signal ${action} of the pair`;
        const details = { id, action, src, dst, origin, sequence };
        return { at: createdAt, kind: 'signal', code: 'signal', what, details };
      }),
      ...actions.map(
        ({ verb, person, status, outcome, reason, asked_at: at, answered_at: end }): FilmFact => ({
          ...{ at: at.toISOString(), until: end?.toISOString(), kind: 'person' },
          ...{ code: 'action', what: verb },
          details: { person, status, outcome, reason },
        }),
      ),
      ...(decision === undefined
        ? []
        : [
            {
              at: decision.decided_at.toISOString(),
              until: decision.settled_at?.toISOString(),
              kind: 'person',
              code: 'decision',
              what: `approval: ${decision.decision.toLowerCase()}`,
              details: {
                decision: decision.decision,
                person: decision.decided_by,
                outcome: decision.outcome_status,
              },
            } satisfies FilmFact,
          ]),
    ],
  };
}

function eventOf(trade: TradeKey, { event, kid, receivedAt }: EvidenceEvent): FilmEvent {
  // The intake has checked it by its type.
  const data = event.data as unknown as TraderPurchaseData;
  const { version, status, reason, policyRevision, relationshipRevision, fxRate } = data;
  return {
    lane: event.wlId === trade.importer ? 'importer' : 'exporter',
    type: event.type,
    occurredAt: event.occurredAt,
    receivedAt,
    correlationId: event.correlationId,
    details: {
      ...{ version, status, reason: reason ?? null, kid, fxRate },
      ...{ policyRevision, relationshipRevision, latencyMs: data.latencyMs },
      parkedReason: data.parkedReason ?? null,
    },
  };
}
