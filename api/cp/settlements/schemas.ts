import { z } from 'zod';
import { freeText } from '../../http/free-text.ts';
import type { SettlementDetails, Statement } from '../../../db/cp/settlements/read.ts';
import { rateText } from '../../../db/cp/relationship.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import { moneyInput, moneyOutput } from '../../http/money-input.ts';
import { cursorQuery } from '../../http/pagination.ts';
import { anyCase, instant, timestamp, wlId } from '../schemas.ts';

/** A reference of the bank and a sentence. */
const MAX_NOTE = 500;

export const settlementBody = z.strictObject({
  src: wlId.meta({ description: 'The exporter, which is paid.' }),
  dst: wlId.meta({ description: 'The importer, which pays.' }),
  amount: moneyInput({ currency: "src's currency", atLeast: 1n }),
  note: freeText(MAX_NOTE),
});

export const settlementQuery = z.object({
  ...cursorQuery,
  src: wlId.optional(),
  dst: wlId.optional(),
  state: anyCase(['PENDING', 'CONFIRMED', 'WITHDRAWN']).optional(),
  planId: z.uuid().optional(),
});

export const statementQuery = z.object({
  ...cursorQuery,
  src: wlId,
  dst: wlId,
  from: instant,
  to: instant,
});

const sideView = z.object({
  wlId: z.string(),
  role: z.enum(['PAYER', 'PAYEE']),
  number: z.string(),
  dueAt: timestamp,
  appliedAt: timestamp.nullable(),
});

export const settlementView = z.object({
  id: z.string(),
  src: z.string(),
  dst: z.string(),
  amount: moneyOutput,
  currency: z.string(),
  fxRate: z.string(),
  payerAmount: moneyOutput,
  payerCurrency: z.string(),
  note: z.string(),
  planId: z.string().nullable(),
  state: z.enum(['PENDING', 'CONFIRMED', 'WITHDRAWN']),
  maker: z.string(),
  madeAt: timestamp,
  decidedBy: z.string().nullable(),
  decidedAt: timestamp.nullable(),
  sides: z.array(sideView).meta({ description: 'The payer first; the payee once it has paid.' }),
});

export function settlementViewOf({
  settlement: row,
  deliveries,
}: SettlementDetails): z.output<typeof settlementView> {
  return {
    ...{ id: row.id, src: row.src, dst: row.dst, note: row.note, state: row.state },
    amount: formatMinor(row.amount_minor),
    currency: row.currency,
    fxRate: rateText(row.fx_rate),
    payerAmount: formatMinor(row.payer_amount_minor),
    payerCurrency: row.payer_currency,
    planId: row.plan_id,
    maker: row.maker,
    madeAt: row.made_at.toISOString(),
    decidedBy: row.decided_by,
    decidedAt: row.decided_at?.toISOString() ?? null,
    sides: deliveries.map((side) => ({
      ...{ wlId: side.wl_id, role: side.role, number: String(side.number) },
      dueAt: side.due_at.toISOString(),
      appliedAt: side.applied_at?.toISOString() ?? null,
    })),
  };
}

export const statementView = z.object({
  src: z.string(),
  dst: z.string(),
  from: timestamp,
  to: timestamp,
  currency: z.string().nullable(),
  opening: moneyOutput,
  items: z.array(
    z.object({
      at: timestamp,
      kind: z.enum(['EXPORT', 'IMPORT', 'SETTLEMENT_RECEIVED', 'SETTLEMENT_PAID']),
      reference: z.string(),
      amount: moneyOutput,
      balance: moneyOutput,
    }),
  ),
  closing: moneyOutput.meta({ description: 'Of the whole period, whichever page it is.' }),
  nextCursor: z.string().optional(),
});

export function statementViewOf(
  { src, dst, from, to }: z.output<typeof statementQuery>,
  statement: Statement,
  currency: string | null,
): z.output<typeof statementView> {
  return {
    ...{ src, dst, from, to, currency },
    opening: formatMinor(statement.openingMinor),
    items: statement.lines.map((line) => ({
      ...{ at: line.at.toISOString(), kind: line.kind, reference: line.reference },
      amount: formatMinor(line.deltaMinor),
      balance: formatMinor(line.balanceMinor),
    })),
    closing: formatMinor(statement.closingMinor),
  };
}
