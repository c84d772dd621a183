import { z } from 'zod';
import { maskText } from '../../runtime/mask.ts';

/**
 * A sentence that a person writes. E-mails, phones and documents in it are masked before anything
 * is stored: it goes into audit rows, events and signals, which keep no contact data.
 */
export function freeText(maxCharacters: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(maxCharacters)
    .transform((text) => maskText(text).slice(0, maxCharacters));
}
