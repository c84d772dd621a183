import { verifyMember } from '../../../db/wl/accounts.ts';
import { Problem } from '../../http/problem.ts';
import type { RequestFacts } from '../../http/route.ts';
import type { GuardDeps } from '../deps.ts';
import type { MemberPrincipal } from './principals.ts';

const ACCOUNT_HEADER = 'X-Account-Id';
const TOKEN_HEADER = 'X-Account-Token';

export function checkHeaderMember(
  deps: GuardDeps,
  { header }: RequestFacts,
): Promise<MemberPrincipal> {
  return checkMember(deps, header(ACCOUNT_HEADER), header(TOKEN_HEADER));
}

/** The body is not validated yet: whatever is not a text counts as missing. */
export function checkBodyMember(deps: GuardDeps, { body }: RequestFacts): Promise<MemberPrincipal> {
  const fields = (body ?? {}) as { readonly accountId?: unknown; readonly token?: unknown };
  return checkMember(deps, fields.accountId, fields.token);
}

async function checkMember(
  { db }: GuardDeps,
  accountId: unknown,
  token: unknown,
): Promise<MemberPrincipal> {
  if (!isText(accountId) || !isText(token)) throw new Problem('TOKEN_MISSING');
  const account = await verifyMember(db, accountId, token);
  if (account === undefined) throw new Problem('TOKEN_INVALID');
  return { kind: 'member', account };
}

// PostgreSQL has no NUL in its texts: such an id is nobody's, and not an error of ours.
function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\0');
}
