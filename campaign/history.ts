import type { CallAnswer } from '../activities/clients/agent.ts';

/** What a client did and was told; `unknown` where no answer came, which proves nothing. */
export interface Entry {
  readonly operation: number;
  readonly kind: 'buy' | 'repeat' | 'reverse' | 'decide';
  readonly key: string;
  readonly outcome: 'unknown' | Answered;
  /** How the trade stood in the books at the moment of the answer. */
  readonly stood?: string | undefined;
}

export interface Answered {
  readonly status: number;
  readonly tradeId?: string | undefined;
  /** CONFIRMED, REVERSED, REJECTED or PENDING. */
  readonly public?: string | undefined;
}

export function answered({ status, body }: CallAnswer): Answered {
  const { tradeId, status: told } = (body ?? {}) as { tradeId?: unknown; status?: unknown };
  return {
    status,
    tradeId: typeof tradeId === 'string' ? tradeId : undefined,
    public: typeof told === 'string' ? told : undefined,
  };
}

/** How far a trade has come, as its buyer is told. */
export type PublicStatus = 'CONFIRMED' | 'REVERSED' | 'REJECTED' | 'PENDING';

const MAY_BECOME: Readonly<Record<string, readonly string[]>> = {
  PENDING: ['PENDING', 'CONFIRMED', 'REJECTED', 'REVERSED'],
  CONFIRMED: ['CONFIRMED', 'REVERSED'],
  REVERSED: ['REVERSED'],
  REJECTED: ['REJECTED'],
};

/**
 * RULES.md 10, numbers 7 and 8: every answered purchase exists and stands at least where its buyer
 * was told; the same key never names two trades. `stands` is what the books say in the end.
 */
export function judgeHistory(
  entries: readonly Entry[],
  stands: ReadonlyMap<string, string>,
): string[] {
  const broken: string[] = [];
  const byKey = new Map<string, string>();
  for (const { kind, key, outcome, operation, stood } of entries) {
    if (outcome === 'unknown' || kind === 'decide' || outcome.tradeId === undefined) continue;
    const { tradeId, public: told = '' } = outcome;
    const known = byKey.get(key);
    if (known !== undefined && known !== tradeId) {
      broken.push(`8 key of operation ${operation}: first ${known}, then ${tradeId}`);
    }
    byKey.set(key, tradeId);
    const now = stands.get(tradeId);
    if (now === undefined) broken.push(`7 trade ${tradeId}: told ${told}, and it does not exist`);
    else if (MAY_BECOME[told]?.includes(now) !== true) {
      broken.push(`7 trade ${tradeId}: told ${told}, and it is ${now}`);
    }
    if (stood !== undefined && MAY_BECOME[told]?.includes(stood) !== true) {
      broken.push(`7 trade ${tradeId}: told ${told} when it was ${stood}`);
    }
  }
  return broken;
}
