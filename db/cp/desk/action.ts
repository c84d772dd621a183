import { sql, type Kysely, type Selectable } from 'kysely';
import { invariant } from '../../../domain/shared/invariant.ts';
import type { Json } from '../../../domain/shared/canonical.ts';
import { appendAudit } from '../../audit.ts';
import { inTransaction } from '../../pool.ts';
import type { Author, CpSchema, CpTransaction } from '../schema.ts';
import type { DeskActionTable, DeskVerb } from '../tables/desk.ts';
import { keyText, type TradeKey } from '../trades/row.ts';

export type DeskAction = Readonly<Selectable<DeskActionTable>>;

/** Longer than the slowest call with its second try; after it nobody waits for the answer. */
const LEASE_SECONDS = 60;

export interface AskedAction {
  readonly trade: TradeKey;
  readonly verb: DeskVerb;
  readonly reason: string;
  /** What else was asked for, such as the outcome of a resolution. */
  readonly wish: { readonly [name: string]: Json };
  readonly author: Author;
}

export type Begun =
  | { readonly begun: true; readonly id: string }
  | { readonly begun: false; readonly by: DeskAction };

/**
 * Writes down that a person is about to act, before anything is done. One at a time: a second one
 * learns who is at it. What was left open by a process that died is closed without an outcome.
 */
export function beginAction(db: Kysely<CpSchema>, asked: AskedAction): Promise<Begun> {
  const { trade, verb, reason, wish, author } = asked;
  const { importer, exporter, tradeId } = trade;
  return inTransaction(db, async (tx): Promise<Begun> => {
    // The trade's row makes two people one after the other.
    await lockTrade(tx, trade);
    await tx
      .updateTable('desk_action')
      .set({ answered_at: sql<Date>`clock()` })
      .where('importer', '=', importer)
      .where('exporter', '=', exporter)
      .where('trade_id', '=', tradeId)
      .where('answered_at', 'is', null)
      .where(sql<boolean>`asked_at < clock() - ${LEASE_SECONDS}::integer * interval '1 second'`)
      .execute();
    const open = await openAction(tx, trade);
    if (open !== undefined) return { begun: false, by: open };
    const { id } = await tx
      .insertInto('desk_action')
      .values({
        ...{ importer, exporter, trade_id: tradeId, verb, reason },
        person: author.actor,
        correlation_id: author.correlationId,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await appendAudit(tx, {
      ...author,
      action: `${actionOf(verb)}.asked`,
      subject: `trade/${keyText(trade)}`,
      before: null,
      after: { ...wish, reason },
    });
    return { begun: true, id };
  });
}

export interface ActionOutcome {
  readonly status: number;
  /** The white label's word, or a code. */
  readonly outcome: string;
  /** For the audit: what came back, ids and states only. */
  readonly details: { readonly [name: string]: Json };
}

/** Writes down what came of it. */
export async function finishAction(
  db: Kysely<CpSchema>,
  asked: AskedAction & { readonly id: string },
  { status, outcome, details }: ActionOutcome,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await tx
      .updateTable('desk_action')
      .set({ answered_at: sql<Date>`clock()`, status, outcome })
      .where('id', '=', asked.id)
      .execute();
    await appendAudit(tx, {
      ...asked.author,
      action: `${actionOf(asked.verb)}.answered`,
      subject: `trade/${keyText(asked.trade)}`,
      before: asked.wish,
      after: { ...details, status, answer: outcome },
    });
  });
}

/** What people did about a trade, oldest first. */
export function deskActionsOf(db: Kysely<CpSchema>, trade: TradeKey): Promise<DeskAction[]> {
  return ofTrade(db, trade).orderBy('asked_at').limit(ACTIONS_SHOWN).execute();
}

/** The last thing that somebody did with success: what a late one is told. */
export function lastAction(db: Kysely<CpSchema>, trade: TradeKey): Promise<DeskAction | undefined> {
  return ofTrade(db, trade)
    .where('status', '<', CLIENT_ERROR)
    .orderBy('asked_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** More clicks on one trade than these tell nothing new. */
const ACTIONS_SHOWN = 200;
const CLIENT_ERROR = 400;

async function lockTrade(tx: CpTransaction, { importer, exporter, tradeId }: TradeKey) {
  const row = await tx
    .selectFrom('trade')
    .select('trade_id')
    .where('importer', '=', importer)
    .where('exporter', '=', exporter)
    .where('trade_id', '=', tradeId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  invariant(row !== undefined, 'people act on trades that are known');
}

function openAction(tx: CpTransaction, trade: TradeKey): Promise<DeskAction | undefined> {
  return ofTrade(tx, trade).where('answered_at', 'is', null).executeTakeFirst();
}

function ofTrade(db: Kysely<CpSchema>, { importer, exporter, tradeId }: TradeKey) {
  return db
    .selectFrom('desk_action')
    .selectAll()
    .where('importer', '=', importer)
    .where('exporter', '=', exporter)
    .where('trade_id', '=', tradeId);
}

function actionOf(verb: DeskVerb): string {
  return `trade.${verb.replace('/', '.')}`;
}
