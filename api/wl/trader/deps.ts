import type { Kysely } from 'kysely';
import type { ExporterSettings } from '../../../db/wl/holds/preflight.ts';
import type { WlTables } from '../../../db/wl/schema.ts';
import type { TraderAnswer } from '../../../domain/purchase/answer.ts';
import type { WaitingPurchase } from '../../../workflows/approval/contract.ts';
import type { Guards } from '../guards/guards.ts';

/** Workflows that the trader routes set off; the network is reached in no other way. */
export interface TraderWork {
  /** After a commit that leaves a purchase to a person; harmless where it runs already. */
  startApproval(purchase: WaitingPurchase): Promise<unknown>;
  /** After a person's decision has been committed. */
  signalApproval(purchase: WaitingPurchase): Promise<unknown>;
  /** Wakes this WL's own purchase; resolves once the signal is durable. */
  signalDecision(trade: { readonly tradeId: string; readonly exporter: string }): Promise<unknown>;
}

/** What the trader routes need: this WL as exporter, and for decisions as importer. */
export interface TraderDeps {
  readonly db: Kysely<WlTables>;
  readonly settings: ExporterSettings;
  readonly work: TraderWork;
  /** Told of each decision with the seconds that it took. */
  readonly onTraderAnswer?: (
    call: 'preflight' | 'confirm',
    answer: TraderAnswer,
    seconds: number,
  ) => void;
  readonly guards: Pick<Guards, 'peer' | 'partner' | 'approver'>;
}
