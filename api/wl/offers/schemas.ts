import { z } from 'zod';
import { REFUSAL_CODES } from '../../../domain/shared/codes.ts';
import { moneyOutput } from '../../http/money-input.ts';
import { cursorQuery, pageOf } from '../../http/pagination.ts';

const named = z.object({ id: z.string(), name: z.string() });

export const tradedOffer = z.object({
  offerId: z.string(),
  title: z.string(),
  category: named,
  entity: named,
  unitPrice: moneyOutput,
  currency: z.string(),
  available: z.int().min(0),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

export const tradedOffersQuery = z.strictObject({
  ...cursorQuery,
  updatedSince: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .optional(),
});

export const tradedOffers = pageOf(tradedOffer).extend({
  /** Why the list is empty for this caller. */
  reason: z.enum(REFUSAL_CODES).optional(),
});

export const catalogue = z.object({
  items: z.array(z.object({ id: z.string(), name: z.string(), activeOffers: z.int().min(0) })),
});
