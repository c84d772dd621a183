import { z } from 'zod';

export const signalParams = z.object({ id: z.uuid().toLowerCase() });
