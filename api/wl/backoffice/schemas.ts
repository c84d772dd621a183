import { z } from 'zod';
import { emailInput } from '../../http/email-input.ts';
import { freeText } from '../../http/free-text.ts';
import { moneyInput, moneyOutput } from '../../http/money-input.ts';

// Long enough for every catalogue seen, short enough for a page of them.
const MAX_TITLE = 200;
const MAX_NAME = 200;
const MAX_ID = 64;
const MAX_NOTE = 200;
/** PostgreSQL's integer holds a thousand times this; nobody stocks it. */
const MAX_AVAILABLE = 1_000_000;
const ONE_CENT = 1n;

const id = z
  .string()
  .regex(/^[\w.:-]+$/, 'is letters, digits and . : _ -')
  .max(MAX_ID);
// Titles and names go to partners and pages: no control characters, and NUL not even to the database.
const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    // As a range, which every reader of the document has; \P{Cc} is for a few.
    // oxlint-disable-next-line no-control-regex -- they are what it refuses
    .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, 'holds control characters');
const title = line(MAX_TITLE);
const available = z.int().min(0).max(MAX_AVAILABLE);
const offerStatus = z.enum(['ENABLED', 'DISABLED']);
const accountStatus = z.enum(['ACTIVE', 'BLOCKED']);
const named = z.strictObject({ id, name: line(MAX_NAME).optional() });
const price = moneyInput({ atLeast: ONE_CENT });

export const offerParams = z.object({ offerId: z.string().max(MAX_ID) });
export const accountParams = z.object({ accountId: z.string().max(MAX_ID) });

export const newOffer = z.strictObject({
  title,
  category: named,
  entity: named,
  unitPrice: price,
  available,
  status: offerStatus.default('ENABLED'),
});
export const offerPatch = z.strictObject({
  title: title.optional(),
  unitPrice: price.optional(),
  available: available.optional(),
  status: offerStatus.optional(),
});
export const offer = z.object({
  offerId: z.string(),
  title: z.string(),
  category: z.object({ id: z.string(), name: z.string() }),
  entity: z.object({ id: z.string(), name: z.string() }),
  unitPrice: moneyOutput,
  currency: z.string(),
  available: z.int().min(0),
  /** Held or captured. */
  used: z.int().min(0),
  status: offerStatus,
  createdAt: z.iso.datetime(),
});

export const newAccount = z.strictObject({
  name: line(MAX_NAME),
  email: emailInput.max(MAX_NAME).optional(),
  phone: z
    .string()
    .regex(/^\+?[\d ().-]{8,24}$/, 'is a phone number')
    .optional(),
  buyOffer: z.boolean(),
});
/** The token is told this once. */
export const createdAccount = z.object({ accountId: z.string(), token: z.string() });
export const accountPatch = z.strictObject({
  buyOffer: z.boolean().optional(),
  status: accountStatus.optional(),
});
export const account = z.object({
  accountId: z.string(),
  contactMasked: z.string(),
  buyOffer: z.boolean(),
  status: accountStatus,
  createdAt: z.iso.datetime(),
});
export const listedAccount = account.extend({
  balances: z.array(z.object({ currency: z.string(), amount: moneyOutput })),
});

export const newCredit = z.strictObject({
  amount: price,
  currency: z.string().regex(/^[A-Z]{3}$/, 'is three capital letters'),
  note: freeText(MAX_NOTE),
});
export const credit = z.object({
  accountId: z.string(),
  amount: moneyOutput,
  currency: z.string(),
  note: z.string(),
});
