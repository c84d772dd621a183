import type { z } from 'zod';
import type { attentionList, attentionView } from '../../../../api/cp/desk/attention.ts';
import type { buyAnswer, manualView, purchaseView } from '../../../../api/wl/purchases/schemas.ts';

export type { TradeDetails, TradeView } from '../../../../api/cp/trades/schemas.ts';

export type AttentionItem = z.output<typeof attentionView>;
export type AttentionCounts = z.output<typeof attentionList>['counts'];
export type Manual = z.output<typeof manualView>;
export type Purchase = z.output<typeof purchaseView>;
export type Bought = z.output<typeof buyAnswer>;
