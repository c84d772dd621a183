import type { z } from 'zod';
import type { settlementView, statementView } from '../../../../api/cp/settlements/schemas.ts';

export const SETTLEMENTS = '/admin/api/settlements';

export type Settlement = z.output<typeof settlementView>;
export type Statement = z.output<typeof statementView>;
