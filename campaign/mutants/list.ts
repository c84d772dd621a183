interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A bug that is put in on purpose, into a copy of the tree. */
export interface Mutant {
  readonly name: string;
  readonly bug: string;
  readonly edits: readonly Edit[];
}

const STEPS = 'db/wl/trades/steps.ts';
const PREFLIGHT = 'db/wl/holds/preflight.ts';
const ACTIVITIES = 'activities/purchase/activities.ts';
const OUTBOX = 'db/wl/outbox.ts';

/** Each is a mistake that looks right, and that RULES.md gives a reason against. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'refund-on-open-breaker',
    bug: 'a confirm that was not sent the last time counts as refused',
    edits: [
      {
        file: ACTIVITIES,
        find: "  if (reply.kind !== 'ANSWER') return { verdict: { kind: 'UNKNOWN' } };\n",
        replace: `  if (reply.kind === 'NOT_CALLED') {
    const answer = { status: 'REJECTED', currency: row.origin_currency } as never;
    return { verdict: { kind: 'REFUND', reason: 'EXPORTER_UNAVAILABLE' }, answer };
  }
  if (reply.kind !== 'ANSWER') return { verdict: { kind: 'UNKNOWN' } };
`,
      },
    ],
  },
  {
    name: 'held-proves',
    bug: 'a hold that stands after an unclear confirm counts as proof that nothing was captured',
    edits: [
      {
        file: 'domain/purchase/verdict.ts',
        find: "    case 'HELD':\n      return { kind: 'UNKNOWN' };",
        replace: "    case 'HELD':\n      return { kind: 'REFUND', reason: 'CANCELLED' };",
      },
    ],
  },
  {
    name: 'unfenced-fund',
    bug: 'the debit does not look at the state of the row, and its key is of the attempt',
    edits: [
      {
        file: STEPS,
        find: "    if (!mayMove(row, 'fund')) return row;",
        replace: "    if (!mayMove(row, 'fund') && row.state !== 'FUNDED') return row;",
      },
      {
        file: STEPS,
        find: '      key: `${tradeId}:fund`,',
        replace: '      key: `${tradeId}:fund:${performance.now()}`,',
      },
      {
        file: STEPS,
        find: "    return moveTradeRow(tx, row, { step: 'fund', actor: ACTOR, set, decision });",
        replace: `    if (row.state === 'FUNDED') return row;
    return moveTradeRow(tx, row, { step: 'fund', actor: ACTOR, set, decision });`,
      },
    ],
  },
  {
    name: 'key-of-the-attempt',
    bug: "a buyer's second request with the same key is another purchase",
    edits: [
      {
        file: 'api/wl/purchases/routes.ts',
        find: 'key: { value: idempotencyKey, fingerprint: fingerprint(terms) },',
        replace:
          'key: { value: `${idempotencyKey}${performance.now()}`, fingerprint: fingerprint(terms) },',
      },
    ],
  },
  {
    name: 'sweep-only-expiry',
    bug: 'only the schedule expires a hold: a confirm captures one whose time is up',
    edits: [
      {
        file: 'db/wl/holds/confirm.ts',
        find: '  const row = await expireIfDue(tx, locked);\n  if (row.state',
        replace: '  const { row } = locked;\n  if (row.state',
      },
    ],
  },
  {
    name: 'sum-in-the-locking-statement',
    bug: 'the statement that waits for the lock also sums up, as of before its wait; no guard',
    edits: [
      {
        file: PREFLIGHT,
        find: ".select(['exposure_minor', 'signal_disabled'])",
        replace: `.select([
        'signal_disabled',
        sql<bigint>\`(SELECT coalesce(sum(delta_minor), 0)::bigint FROM exposure_journal AS entry
          WHERE entry.partner = pair.partner)\`.as('exposure_minor'),
      ])`,
      },
      {
        file: PREFLIGHT,
        find: "AND (${limitMode} = 'SOFT' OR exposure_minor + ${amount}::bigint <= ${limit}::bigint)",
        replace: "AND (true OR ${limitMode} = 'SOFT' OR ${limit}::bigint = 0)",
      },
    ],
  },
  {
    name: 'silence-reverses',
    bug: 'a reversal takes a call without an answer for done',
    edits: [
      {
        file: 'activities/reversal/activities.ts',
        find: "  if (reply.kind !== 'ANSWER') return { kind: 'UNCLEAR', detail: reply.detail };",
        replace: "  if (reply.kind !== 'ANSWER') return { kind: 'REVERSED' };",
      },
    ],
  },
  {
    name: 'cancel-gives-up',
    bug: 'the cancel of a funded trade is refunded when nobody has answered it',
    edits: [
      {
        file: ACTIVITIES,
        find: "  if (told.kind !== 'ANSWER') log.warn(",
        replace: `  if (told.kind === 'UNCLEAR' && row.state === 'UNCERTAIN') {
    const answer = { status: 'CANCELLED', currency: row.origin_currency } as never;
    return { verdict: { kind: 'REFUND', reason: 'CANCELLED' }, answer };
  }
  if (told.kind !== 'ANSWER') log.warn(`,
      },
    ],
  },
  {
    name: 'clock-before-the-lock',
    bug: 'validity is judged by an instant from before the wait for the lock',
    edits: [
      {
        file: 'db/wl/holds/row.ts',
        find: "  const query = tx.selectFrom('hold').selectAll()",
        replace:
          "  const now = await readClock(tx);\n  const query = tx.selectFrom('hold').selectAll()",
      },
      {
        file: 'db/wl/holds/row.ts',
        find: '  return row && { row, now: await readClock(tx) };',
        replace: '  return row && { row, now };',
      },
    ],
  },
  {
    name: 'compensation-after-the-step',
    bug: 'the debit commits first, and what says that it must be undone in a second transaction',
    edits: [
      {
        file: STEPS,
        find: "    return moveTradeRow(tx, row, { step: 'fund', actor: ACTOR, set, decision });\n  });",
        replace: `    void decision;
    return row;
  }).then((funded) =>
    funded.state !== 'REQUESTED'
      ? funded
      : fenced(db, tradeId, (tx, row) =>
          moveTradeRow(tx, row, { step: 'fund', actor: ACTOR, set: { hold_id: holdId } }),
        ),
  );`,
      },
      { file: STEPS, find: '    const set = { hold_id: holdId };\n', replace: '' },
    ],
  },
  {
    name: 'notify-before-commit',
    bug: 'the buyer is told before the transaction that makes it true has committed',
    edits: [
      {
        file: ACTIVITIES,
        find: '    settle: ({ tradeId, answer }) => told(settleTrade(db, tradeId, answer)),',
        replace: `    async settle({ tradeId, answer }) {
      deps.announce({ ...(await load(deps, tradeId)), state: 'CONFIRMED' });
      return told(settleTrade(db, tradeId, answer));
    },`,
      },
    ],
  },
  {
    name: 'float-fx',
    bug: 'the price is converted in floating point',
    edits: [
      {
        file: 'domain/shared/fx.ts',
        find: '  return minor(divideHalfUp(originUnitPrice * rate, RATE_ONE));',
        replace:
          '  return minor(BigInt(Math.round(Number(originUnitPrice) * (Number(rate) / 1e8))));',
      },
    ],
  },
  {
    name: 'high-water-mark-outbox',
    bug: 'the relay asks for what lies behind the last event that it has sent',
    edits: [
      {
        file: OUTBOX,
        find: '/** UNSENDABLE: no request can carry it. */',
        replace: 'const marks = new WeakMap<object, string>();\n',
      },
      {
        file: OUTBOX,
        find: "    .where('sent_at', 'is', null)\n    .orderBy('occurred_at')",
        replace: `    .where('event_id', '>', marks.get(db) ?? '00000000-0000-0000-0000-000000000000')
    .orderBy('event_id')`,
      },
      {
        file: OUTBOX,
        find: '  await sql`\n    UPDATE outbox SET sent_at',
        replace: `  for (const { eventId } of outcomes) {
    if (eventId > (marks.get(db) ?? '')) marks.set(db, eventId);
  }
  await sql\`
    UPDATE outbox SET sent_at`,
      },
    ],
  },
  {
    name: 'older-signal-wins',
    bug: 'a signal takes effect whatever number it has: one that arrives late undoes a newer one',
    edits: [
      {
        file: 'db/wl/signals.ts',
        find: 'const status = judgeSequence(signal.sequence, pair.sequence);',
        replace: "const status = 'APPLIED' as ReturnType<typeof judgeSequence>;",
      },
    ],
  },
  {
    name: 'settlement-again',
    bug: 'a settlement that another pull has applied meanwhile is booked once more, under keys of its own',
    edits: [
      {
        file: 'db/wl/settlements.ts',
        find: '  if (numInsertedOrUpdatedRows === 0n) {',
        replace: '  if (numInsertedOrUpdatedRows === -1n) {',
      },
      {
        file: 'db/wl/settlements.ts',
        find: '    key: `settlement:${settlement.id}`,',
        replace:
          "    key: `settlement:${settlement.id}${numInsertedOrUpdatedRows === 0n ? ':again' : ''}`,",
      },
      {
        file: 'db/wl/settlements.ts',
        find: '    reference: settlement.id,',
        replace:
          "    reference: `${settlement.id}${numInsertedOrUpdatedRows === 0n ? ':again' : ''}`,",
      },
    ],
  },
  {
    name: 'clear-buyer',
    bug: "the exporter is told the buyer's address as it is",
    edits: [
      {
        file: 'db/wl/accounts.ts',
        find: '  if (email !== undefined) return maskEmail(email);',
        replace: '  if (email !== undefined) return email;',
      },
    ],
  },
];
