import { z } from 'zod';
import { CHANGE_KINDS, type Change } from '../../../domain/purchase/explain/change.ts';
import type { Explanation } from '../../../domain/purchase/explain/explain.ts';
import { findTrades } from '../../../db/cp/trades/read.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Language, type Route } from '../../http/route.ts';
import type { CpApiDeps } from '../deps.ts';
import { ASKED_REFUSALS } from '../desk/support-desk.ts';
import type { Guards } from '../guards.ts';
import { wlId } from '../schemas.ts';
import { tradeParams } from '../trades/schemas.ts';
import { explainTrade, type Explained } from './explain.ts';
import { changeMessage, WHY_NOT_MESSAGES } from './messages.ts';
import { explainView, type ChangeView, type ExplainView } from './schemas.ts';

type ExplainDeps = Pick<CpApiDeps, 'db' | 'supportDesk'>;

/** Why a purchase was refused, asked of the parties that decided. */
export function explainRoute({ db, supportDesk }: ExplainDeps, guards: Guards): Route {
  return route({
    method: 'get',
    path: '/admin/api/trades/:id/explain',
    summary: 'The rule that refused, its inputs, and the smallest change that would have confirmed',
    tag: 'Trades',
    group: 'admin',
    guard: guards.operator('support', 'auditor', 'risk'),
    params: tradeParams,
    query: z.object({
      importer: wlId.optional().meta({
        description: 'Where several importers use the id, or the trade has not been reported yet.',
      }),
    }),
    responses: { 200: explainView },
    refuses: ASKED_REFUSALS,
    handler: async ({ params: { id: tradeId }, query, principal, language }) => {
      const importer = query.importer ?? (await importerOf(db, tradeId));
      const explained = await explainTrade(supportDesk, {
        ...{ importer, tradeId, person: principal.id },
      });
      return { status: 200, body: explainViewOf({ importer, tradeId }, explained, language) };
    },
  });
}

async function importerOf(db: ExplainDeps['db'], tradeId: string): Promise<string> {
  const trades = await findTrades(db, { tradeId });
  const [importer, ...others] = new Set(trades.map((trade) => trade.importer));
  if (importer === undefined) throw new Problem('NOT_FOUND');
  if (others.length === 0) return importer;
  throw new Problem('CONFLICT', { detail: 'Several WLs use this trade id: name the `importer`.' });
}

/** An explanation as the console, `xwl` and scripts get it. */
export function explainViewOf(
  { importer, tradeId }: { readonly importer: string; readonly tradeId: string },
  { exporter, state, refusal }: Explained,
  language: Language,
): ExplainView {
  const trade = { tradeId, importerWlId: importer, exporterWlId: exporter, state };
  if (refusal === undefined) return { ...trade, refused: false };
  const { party, decidedAt, explanation } = refusal;
  const { code, step, rule, revision, inputs } = explanation;
  return {
    ...{ ...trade, refused: true, code, party, rule, revision, inputs },
    ...(step !== undefined && { step }),
    ...(decidedAt !== undefined && { decidedAt }),
    ...waysOutOf(explanation, language),
  };
}

function waysOutOf(
  { waysOut, whyNot, provenBy }: Explanation,
  language: Language,
): Partial<ExplainView> {
  const [best, ...alternatives] = waysOut.map(({ change, further }) => ({
    change: changeViewOf(change, language),
    further: further.map((one) => changeViewOf(one, language)),
  }));
  return {
    ...best,
    ...(best !== undefined && { alternatives, provenBy: { decidedBy: provenBy, passes: true } }),
    ...(whyNot !== undefined && {
      whyNot: {
        kind: whyNot,
        text: `explain.whyNot.${whyNot}`,
        message: WHY_NOT_MESSAGES[whyNot][language],
      },
    }),
  };
}

function changeViewOf(change: Change, language: Language): ChangeView {
  return {
    ...change,
    party: CHANGE_KINDS[change.kind],
    text: `explain.change.${change.kind}`,
    message: changeMessage(change, language),
  };
}
