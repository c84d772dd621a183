import type { z } from 'zod';
import {
  beginAction,
  finishAction,
  lastAction,
  type AskedAction,
  type DeskAction,
} from '../../../db/cp/desk/action.ts';
import type { Logger } from '../../../runtime/log.ts';
import { Problem } from '../../http/problem.ts';
import type { Language } from '../../http/route.ts';
import type { CpApiDeps } from '../deps.ts';
import { askWl, purchasePath, type DeskAnswer } from './support-desk.ts';

type ActDeps = Pick<CpApiDeps, 'db' | 'supportDesk'>;

export interface WlAction extends AskedAction {
  readonly responses: Readonly<Record<number, z.ZodType>>;
  readonly idempotencyKey?: string;
  readonly language: Language;
  readonly log: Logger;
}

/**
 * Has the importer do what a person asked for. It is written down before and after; of two people
 * at once the second is told who is at it, and one who comes too late what was done (CONFLICT).
 */
export async function actAtWl(deps: ActDeps, action: WlAction): Promise<DeskAnswer> {
  const { db } = deps;
  const begun = await beginAction(db, action);
  if (!begun.begun) {
    const { verb } = begun.by;
    throw new Problem('CONFLICT', {
      detail: `Somebody is at this trade: ${verb} is under way.`,
      extensions: { won: wonBy(begun.by) },
    });
  }
  const asked = { ...action, id: begun.id };
  try {
    const answer = await ask(deps, action);
    const said = answer.body as Readonly<Record<string, unknown>>;
    await finishAction(db, asked, {
      status: answer.status,
      outcome: String(said['result'] ?? said['status']),
      details: detailsOf(said),
    });
    return answer;
  } catch (error) {
    const problem = error instanceof Problem ? error : undefined;
    const { outcomeUnknown = problem === undefined } = problem?.options.extensions ?? {};
    await finishAction(db, asked, {
      status: problem?.status ?? INTERNAL,
      outcome: problem?.code ?? 'INTERNAL',
      details: { outcomeUnknown: outcomeUnknown === true },
    }).catch((failure: unknown) => {
      // The first failure is the one to tell; the lease ends by itself.
      action.log.error({ err: failure, tradeId: action.trade.tradeId }, 'an action is left open');
    });
    throw problem?.code === 'CONFLICT' ? await told(deps, action, problem) : error;
  }
}

const INTERNAL = 500;

async function ask({ supportDesk }: ActDeps, action: WlAction): Promise<DeskAnswer> {
  const { trade, verb, reason, wish, author, responses, idempotencyKey, language } = action;
  const answer = await askWl(supportDesk, {
    wlId: trade.importer,
    person: author.actor,
    method: 'POST',
    path: purchasePath(trade.tradeId, verb),
    body: { ...wish, reason },
    ...{ idempotencyKey, language },
  });
  const parsed = responses[answer.status]?.safeParse(answer.body);
  if (parsed?.success === true) return { status: answer.status, body: parsed.data };
  throw new Problem('EXPORTER_UNAVAILABLE', {
    detail: `The white label ${trade.importer} answered ${answer.status} with something else.`,
    extensions: { wlId: trade.importer, outcomeUnknown: true },
    cause: parsed?.error,
  });
}

/** What is kept of an answer: words and ids, no amounts and no texts. */
function detailsOf(said: Readonly<Record<string, unknown>>): Record<string, string> {
  const kept = ['state', 'tradeId', 'reason'].map((name) => [name, said[name]] as const);
  return Object.fromEntries(
    kept.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The same refusal, with what somebody else had done before. */
async function told({ db }: ActDeps, { trade }: WlAction, problem: Problem): Promise<Problem> {
  const last = await lastAction(db, trade);
  const { detail, extensions } = problem.options;
  return new Problem('CONFLICT', {
    ...(detail !== undefined && { detail }),
    extensions: { ...extensions, ...(last !== undefined && { won: wonBy(last) }) },
  });
}

function wonBy({ person, verb, outcome, asked_at: at }: DeskAction) {
  return { person, verb, outcome, at: at.toISOString() };
}
