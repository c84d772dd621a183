import { z } from 'zod';
import { Problem } from './problem.ts';

// A page that a person reads, and the most that one answer may cost (CONTRACTS.md).
export const DEFAULT_LIMIT = 50;
export const MAX_LIMIT = 200;
const MAX_CURSOR_CHARACTERS = 1_024;
const MAX_OFFSET = 1_000_000;

const limit = z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT);

/** Query of the run book's lists. */
export const offsetQuery = {
  limit,
  offset: z.coerce.number().int().min(0).max(MAX_OFFSET).default(0),
};

/** Query of growing collections. */
export const cursorQuery = { limit, cursor: z.string().max(MAX_CURSOR_CHARACTERS).optional() };

/** Answer of a list, with the schema of its items. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    total: z.number().int().optional(),
    nextCursor: z.string().optional(),
  });
}

/** Packs where a page ended; callers hand it back and look no further into it. */
export function encodeCursor(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Unpacks a cursor into the shape it was packed with; anything else is VALIDATION_FAILED. */
export function decodeCursor<S extends z.ZodType>(
  cursor: string | undefined,
  shape: S,
): z.output<S> | undefined {
  if (cursor === undefined) return undefined;
  const parsed = shape.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')));
  if (parsed.success) return parsed.data;
  throw new Problem('VALIDATION_FAILED', {
    errors: [{ in: 'query', pointer: '/cursor', message: 'is not a cursor of this list' }],
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Not JSON means not ours: the shape check refuses undefined and the caller gets a 422.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
