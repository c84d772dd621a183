import { publicStatus } from '../../domain/purchase/trade.ts';
import type { PublicStatus } from '../../domain/purchase/trade.ts';
import { checkStack } from '../invariants.ts';
import type { Checkout, Order } from './buyers.ts';
import type { ClientEntry } from './client-log.ts';
import { inBatches } from './market.ts';
import type { Buyer } from './market.ts';
import { sleep } from './stage.ts';
import type { Stage } from './stage.ts';
import { describeStates, readStates } from './trade-rows.ts';

export interface Evidence {
  readonly entries: readonly ClientEntry[];
  readonly checkout: Checkout;
  readonly buyers: readonly Buyer[];
}

type Answered = ClientEntry & Required<Pick<ClientEntry, 'tradeId' | 'status'>>;

const SHOWN_MAX = 10;
// Each waits for up to 5 s; a quarter of a minute without an answer is an answer too.
const REPEAT_ATTEMPTS = 4;
const REPEAT_AFTER_MS = 1_000;

/** The client's log against the books (7, 8), then every invariant of databases and engine. */
export async function judge(stage: Stage, evidence: Evidence): Promise<boolean> {
  const answered = evidence.entries.filter(isAnswered);
  const violations = [
    ...(await checkAnswered(stage, answered)),
    ...checkKeys(answered),
    ...(await checkRepeats(stage, evidence, answered)),
  ];
  for (const line of violations.slice(0, SHOWN_MAX)) stage.say(`BROKEN ${line}`);
  if (violations.length > SHOWN_MAX) stage.say(`and ${violations.length - SHOWN_MAX} more`);
  await reportUnknown(stage, evidence.entries, answered);
  return (await checkStack(stage.stack, stage.progress)) && violations.length === 0;
}

function isAnswered(entry: ClientEntry): entry is Answered {
  return entry.tradeId !== undefined && entry.status !== undefined;
}

/** PENDING may become anything; what was final stays, but for a later reversal. */
function mayBecome(told: PublicStatus, now: PublicStatus): boolean {
  if (told === 'PENDING' || told === now) return true;
  return told === 'CONFIRMED' && now === 'REVERSED';
}

/** 7: every answered request exists with a status at least as advanced. */
async function checkAnswered(stage: Stage, answered: readonly Answered[]): Promise<string[]> {
  const ids = [...new Set(answered.map(({ tradeId }) => tradeId))];
  const states = await readStates(stage.importer, ids);
  stage.say(`invariant 7: ${answered.length} answers about ${ids.length} trades compared`);
  return answered.flatMap(({ tradeId, status, key }) => {
    const state = states.get(tradeId);
    if (state === undefined) return [`7: ${tradeId} (key ${key}) was answered and is not there`];
    const now = publicStatus(state);
    return mayBecome(status, now) ? [] : [`7: ${tradeId} was told ${status} and is ${now}`];
  });
}

/** 8, in what the buyers were told while things died. */
function checkKeys(answered: readonly Answered[]): string[] {
  const byKey = new Map<string, Answered>();
  return answered.flatMap((entry) => {
    const first = byKey.get(entry.key) ?? entry;
    byKey.set(entry.key, first);
    if (first.tradeId === entry.tradeId) return [];
    return [`8: key ${entry.key} named ${first.tradeId}, then ${entry.tradeId}`];
  });
}

/** 8, once more: each answered key is sent again and names the same trade. */
async function checkRepeats(
  stage: Stage,
  { checkout, buyers }: Evidence,
  answered: readonly Answered[],
): Promise<string[]> {
  const last = new Map(answered.map((entry) => [entry.key, entry]));
  const byAccount = new Map(buyers.map((buyer) => [buyer.accountId, buyer]));
  const found = await inBatches([...last.values()], async (entry): Promise<string[]> => {
    const buyer = byAccount.get(entry.accountId);
    if (buyer === undefined) return [`8: ${entry.accountId} is no buyer of this drill`];
    const again = await repeat(checkout, { buyer, offerId: entry.offerId, key: entry.key });
    if (again.tradeId !== entry.tradeId || again.status === undefined) {
      return [`8: key ${entry.key} named ${entry.tradeId}, repeated ${JSON.stringify(again)}`];
    }
    if (mayBecome(entry.status, again.status)) return [];
    return [`8: ${entry.tradeId} was told ${entry.status}, repeated ${again.status}`];
  });
  stage.say(`invariant 8: ${last.size} keys repeated`);
  return found.flat();
}

/** No answer says nothing: asked again, because a busy machine may keep one waiting too long. */
async function repeat(checkout: Checkout, order: Order): Promise<ClientEntry> {
  for (let attempt = 1; ; attempt += 1) {
    const entry = await checkout({ ...order, attempt });
    if (entry.result !== 'unknown' || attempt >= REPEAT_ATTEMPTS) return entry;
    await sleep(REPEAT_AFTER_MS);
  }
}

/** Whoever got no answer may have bought: allowed, counted, and found by the key. */
async function reportUnknown(
  stage: Stage,
  entries: readonly ClientEntry[],
  answered: readonly Answered[],
): Promise<void> {
  const told = new Set(answered.map(({ key }) => key));
  const keys = [...new Set(entries.map(({ key }) => key))].filter((key) => !told.has(key));
  if (keys.length === 0) return stage.say('every key was answered in the end');
  const rows = await stage.importer
    .selectFrom('idempotency_key')
    .innerJoin('trade', (join) =>
      join.on((on) =>
        on.eb(on.cast('trade.trade_id', 'text'), '=', on.ref('idempotency_key.subject_id')),
      ),
    )
    .select(['idempotency_key.key', 'trade.state'])
    .where('idempotency_key.key', 'in', keys)
    .execute();
  const states = rows.length === 0 ? '' : describeStates(rows);
  stage.say(
    `${keys.length} keys were never answered; ${rows.length} of them made a trade all the same` +
      (states === '' ? '' : `: ${states}`),
  );
}
