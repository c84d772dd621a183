import type { ChangeContext } from '../../../db/wl/accounts.ts';
import type { RequestFacts } from '../../http/route.ts';

/** The back office is one caller with one key: the audit names it, not the person behind it. */
export function changeContext(path: string, { correlationId }: RequestFacts): ChangeContext {
  return { actor: 'backoffice', source: path.replace('/api/v2/', ''), correlationId };
}
