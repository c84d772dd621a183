import type { Kysely } from 'kysely';
import { z } from 'zod';
import { findHolds, readHoldTransitions } from '../../../db/wl/holds/history.ts';
import type { WlTables } from '../../../db/wl/schema.ts';
import { readTransitions } from '../../../db/wl/trades/read.ts';
import { traderStatus } from '../../../domain/purchase/hold.ts';
import { formatRate, parseRate } from '../../../domain/shared/fx.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import type { WorkflowStep } from '../../../domain/telemetry/film.ts';
import type { Logger } from '../../../runtime/log.ts';
import { approvalWorkflowId } from '../../../workflows/approval/contract.ts';
import { purchaseWorkflowId } from '../../../workflows/purchase/contract.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Route } from '../../http/route.ts';
import type { Guards } from '../guards/guards.ts';
import { ownTrade } from '../purchases/routes.ts';
import { tradeParams } from '../purchases/schemas.ts';

export interface FilmRouteDeps {
  readonly db: Kysely<WlTables>;
  readonly guards: Pick<Guards, 'support'>;
  /** Steps of a workflow's newest run; undefined where the engine has none of it. */
  readonly readSteps: (workflowId: string) => Promise<readonly WorkflowStep[] | undefined>;
}

const text = z.string();
const at = z.iso.datetime();
const clock = at.meta({ description: 'The time here when this was answered.' });
const correlationId = text;
const workflow = z.object({
  workflowId: text,
  found: z.enum(['FOUND', 'NONE', 'ENGINE_AWAY']),
  steps: z.array(
    z.object({
      kind: z.enum(['STEP', 'TIMER', 'SIGNAL', 'UPDATE', 'RUN']),
      name: text,
      at,
      until: at.optional(),
      attempt: z.int().optional(),
      outcome: text.optional(),
    }),
  ),
});
const move = z.object({
  version: z.int(),
  from: text,
  to: text,
  step: text.optional(),
  reason: text.optional(),
  actor: text,
  at,
});

/** What this WL shows of a purchase as its importer. */
export const importerFilm = z.object({
  ...{ tradeId: text, clock, correlationId, workflow },
  state: text,
  fxRate: text,
  policyRevision: z.int(),
  relationshipRevision: z.int(),
  items: z.array(move),
});

/** What this WL shows of a purchase as its exporter. */
export const exporterFilm = z.object({
  ...{ tradeId: text, clock, correlationId, workflow },
  requesterWlId: text,
  holdId: text,
  status: text,
  reason: text.optional(),
  amount: text.optional(),
  currency: text,
  fxRate: text.optional(),
  policyRevision: z.int().optional(),
  relationshipRevision: z.int().optional(),
  expiresAt: at.optional(),
  confirmedAt: at.optional(),
  items: z.array(move),
});

/** For the film of a trade: what each party's own rows and workflows show. */
export function filmRoutes(deps: FilmRouteDeps): Route[] {
  return [importerRoute(deps), exporterRoute(deps)];
}

function importerRoute(deps: FilmRouteDeps): Route {
  return route({
    method: 'get',
    path: '/api/v2/purchases/:tradeId/film',
    summary: 'Every transition of a purchase with the steps and waits of its workflow',
    tag: 'Purchases',
    group: 'support',
    guard: deps.guards.support('support:read'),
    params: tradeParams,
    responses: { 200: importerFilm },
    refuses: ['NOT_FOUND'],
    handler: async ({ principal, params, log }) => {
      const row = await ownTrade(deps, principal, params.tradeId);
      const transitions = await readTransitions(deps.db, row.trade_id);
      const body: z.output<typeof importerFilm> = {
        tradeId: row.trade_id,
        state: row.state,
        correlationId: row.correlation_id,
        fxRate: rateOf(row.fx_rate),
        policyRevision: row.policy_revision,
        relationshipRevision: row.relationship_revision,
        items: transitions.map(({ step, ...one }) => ({ ...moveOf(one), step })),
        workflow: await workflowOf(deps, purchaseWorkflowId(row.trade_id), log),
        clock: new Date().toISOString(),
      };
      return { status: 200, body };
    },
  });
}

function exporterRoute(deps: FilmRouteDeps): Route {
  const { db } = deps;
  return route({
    method: 'get',
    path: '/api/v2/trader/purchases/:tradeId/history',
    summary: 'Every move of a hold of a partner, with the approval’s steps and deliveries',
    tag: 'Purchases',
    group: 'support',
    guard: deps.guards.support('support:read'),
    params: tradeParams,
    query: z.object({ requesterWlId: z.uuid().toLowerCase().optional() }),
    responses: { 200: exporterFilm },
    refuses: ['NOT_FOUND', 'CONFLICT'],
    handler: async ({ params: { tradeId }, query: { requesterWlId: requester }, log }) => {
      const [row, ...others] = await findHolds(db, { tradeId, requester });
      if (row === undefined) throw new Problem('NOT_FOUND');
      if (others.length > 0) {
        throw new Problem('CONFLICT', { detail: 'Name the `requesterWlId`: two use this id.' });
      }
      const moves = await readHoldTransitions(db, row.hold_id);
      const body: z.output<typeof exporterFilm> = {
        ...{ tradeId, requesterWlId: row.requester, holdId: row.hold_id },
        ...{ status: traderStatus(row.state), currency: row.currency },
        correlationId: row.correlation_id,
        ...(row.reason !== null && { reason: row.reason }),
        ...(row.amount_minor !== null && { amount: formatMinor(row.amount_minor) }),
        ...(row.fx_rate !== null && { fxRate: rateOf(row.fx_rate) }),
        ...(row.policy_revision !== null && { policyRevision: row.policy_revision }),
        ...(row.relationship_revision !== null && {
          relationshipRevision: row.relationship_revision,
        }),
        ...(row.expires_at !== null && { expiresAt: row.expires_at.toISOString() }),
        ...(row.confirmed_at !== null && { confirmedAt: row.confirmed_at.toISOString() }),
        items: moves.map(moveOf),
        workflow: await workflowOf(
          deps,
          approvalWorkflowId({ importer: row.requester, tradeId }),
          log,
        ),
        clock: new Date().toISOString(),
      };
      return { status: 200, body };
    },
  });
}

/** Without the zeros that the column pads it with. */
function rateOf(column: string): string {
  const rate = parseRate(column);
  return rate.ok ? formatRate(rate.value) : column;
}

interface Transition {
  readonly version: number;
  readonly from_state: string;
  readonly to_state: string;
  readonly reason: string | null;
  readonly actor: string;
  readonly at: Date;
}

function moveOf(row: Transition): z.output<typeof move> {
  return {
    ...{ version: row.version, from: row.from_state, to: row.to_state, actor: row.actor },
    ...(row.reason !== null && { reason: row.reason }),
    at: row.at.toISOString(),
  };
}

/** The rows tell the story without the engine; what it would add is said to be missing. */
async function workflowOf(
  { readSteps }: FilmRouteDeps,
  workflowId: string,
  log: Logger,
): Promise<z.output<typeof workflow>> {
  try {
    const steps = await readSteps(workflowId);
    const found = steps === undefined ? 'NONE' : 'FOUND';
    return { workflowId, found, steps: [...(steps ?? [])] };
  } catch (error) {
    log.warn({ err: error, workflowId }, 'the engine does not show this workflow');
    return { workflowId, found: 'ENGINE_AWAY', steps: [] };
  }
}
