import { z } from 'zod';
import { CHANGE_KINDS, type ChangeKind } from '../../../domain/purchase/explain/change.ts';
import { WHY_NOTS } from '../../../domain/purchase/explain/explain.ts';
import { TRADE_STATES } from '../../../domain/purchase/trade.ts';
import { REFUSAL_CODES } from '../../../domain/shared/codes.ts';

const figure = z.union([z.string(), z.number(), z.boolean()]);
const kinds = Object.keys(CHANGE_KINDS) as [ChangeKind, ...ChangeKind[]];

/** One change that somebody could make. */
export const changeView = z.object({
  kind: z.enum(kinds),
  party: z.enum(['control-plane', 'exporter', 'importer', 'buyer']),
  field: z.string().optional().meta({ description: 'As the route that changes it names it.' }),
  from: figure.optional(),
  to: figure.optional(),
  by: figure.optional(),
  currency: z.string().optional(),
  text: z.string().meta({ description: 'Key of the sentence: `explain.change.<kind>`.' }),
  message: z.string(),
});

const wayOut = z.object({
  change: changeView,
  further: z.array(changeView).meta({ description: 'What it takes after that, in order.' }),
});

/** Why a purchase was refused, and the smallest change that would have confirmed it. */
export const explainView = z.object({
  tradeId: z.string(),
  importerWlId: z.string(),
  exporterWlId: z.string(),
  state: z.enum(TRADE_STATES),
  refused: z.boolean(),
  code: z.enum(REFUSAL_CODES).optional(),
  party: z.enum(['importer', 'exporter']).optional(),
  step: z
    .enum(['request', 'fund', 'preflight', 'confirm', 'capture', 'approval', 'expiry', 'terms'])
    .optional()
    .meta({
      description: 'Absent where no decision was recorded: nobody answered, or it was cancelled.',
    }),
  rule: z.string().optional().meta({ description: 'The condition that failed.' }),
  decidedAt: z.iso.datetime().optional(),
  revision: z.object({ policy: z.int().optional(), relationship: z.int().optional() }).optional(),
  inputs: z.record(z.string(), z.union([figure, z.null()])).optional(),
  change: changeView.optional(),
  further: z.array(changeView).optional(),
  alternatives: z.array(wayOut).optional(),
  whyNot: z
    .object({ kind: z.enum(WHY_NOTS), text: z.string(), message: z.string() })
    .optional()
    .meta({ description: 'Where no change would have confirmed it.' }),
  provenBy: z
    .object({ decidedBy: z.string(), passes: z.boolean() })
    .optional()
    .meta({ description: 'The function that decided and, with the changes, decides again.' }),
});

export type ExplainView = z.input<typeof explainView>;
export type ChangeView = z.input<typeof changeView>;
