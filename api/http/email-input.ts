import { z } from 'zod';

// RFC 5321, 4.5.3.1.1: no server takes a longer name before the @.
const LOCAL_PART = /^[^@]{1,64}@/;

/** An e-mail address that can be written to. */
export const emailInput = z.email().regex(LOCAL_PART, 'has more than 64 characters before the @');
