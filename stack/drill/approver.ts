import { EXPORTER } from '../parties.ts';
import { sleep } from './stage.ts';
import type { Stage } from './stage.ts';

/** The exporter's person: decides after a while, and rejects some. */
export interface Approver {
  counts(): { readonly approved: number; readonly rejected: number; readonly failed: number };
  /** The look that is under way still ends. */
  stop(): void;
}

interface Pending {
  readonly tradeId: string;
  readonly createdAt: string;
}

// Long enough that kills meet purchases that wait for the person.
const DECIDES_AFTER_MS = 4_000;
const LOOKS_EVERY_MS = 1_000;
const REJECTS_EVERY = 5;
const BASE = '/api/v2/trader/purchases';

export function startApproving(stage: Stage): Approver {
  // By the Control Plane's certificate, as its relay does: no token that a dead party must renew.
  const web = stage.stack.web(EXPORTER, 'cp');
  const counts = { approved: 0, rejected: 0, failed: 0 };
  let stopped = false;
  const decide = async ({ tradeId }: Pending): Promise<void> => {
    const rejects = (counts.approved + counts.rejected) % REJECTS_EVERY === REJECTS_EVERY - 1;
    const word = rejects ? 'reject' : 'approve';
    const body = rejects ? { reason: 'drill' } : {};
    await web.need(`${BASE}/${tradeId}/${word}`, { method: 'POST', body });
    counts[rejects ? 'rejected' : 'approved'] += 1;
  };
  const loop = async (): Promise<void> => {
    while (!stopped) {
      try {
        const { items } = await web.need<{ items: Pending[] }>(`${BASE}/pending?limit=200`);
        const due = Date.now() - DECIDES_AFTER_MS;
        for (const item of items) if (Date.parse(item.createdAt) <= due) await decide(item);
      } catch {
        // The exporter or its database is dead just now, on purpose: the person tries again.
        counts.failed += 1;
      }
      await sleep(LOOKS_EVERY_MS);
    }
  };
  void loop();
  return {
    counts: () => counts,
    stop() {
      stopped = true;
    },
  };
}
