import { randomBytes } from 'node:crypto';
import { RATE_LIMITS } from '../../../runtime/rate-groups.ts';
import { BUYER } from '../../local-data/members.ts';
import { CP, IMPORTER } from '../../parties.ts';
import { sleep } from '../stage.ts';
import type { Attack } from './attack.ts';
import { memberHeaders, person } from './callers.ts';
import type { Answer } from './knock.ts';
import type { Range } from './range.ts';

const WRONG = '401 FORBIDDEN';
const LIMITED = '429 RATE_LIMITED';
const MS_PER_SECOND = 1_000;
const SLACK_SECONDS = 2;

/** Guessing passwords and tokens, with the limits as they are delivered. */
export async function throttleAttacks(range: Range): Promise<readonly Attack[]> {
  const { email } = await person(range, ['auditor']);
  // Earlier families logged in, too; the count begins anew.
  await sleep((RATE_LIMITS.login.windowSeconds + SLACK_SECONDS) * MS_PER_SECOND);
  const login = (address: string, password: string): Promise<Answer> =>
    range.http.knock({
      ...{ party: CP, method: 'POST', path: '/admin/api/auth/login' },
      body: { email: address, password },
    });
  const stripped = ({ text }: Answer): string => text.replace(/"correlationId":"[^"]*"/, '');
  return [
    {
      name: 'a wrong password and an unknown person get the same answer',
      expected: [`${WRONG}, the same`],
      send: async () => {
        const known = await login(email, randomBytes(9).toString('base64'));
        const unknown = await login('nobody@campaign.example', 'x');
        const same = stripped(known) === stripped(unknown) && known.status === unknown.status;
        return `${known.outcome}, ${same ? 'the same' : 'another'}`;
      },
    },
    {
      name: `passwords guessed until the limit of ${RATE_LIMITS.login.requests} a minute`,
      expected: [`${RATE_LIMITS.login.requests} tries, then ${LIMITED}`],
      send: async () => {
        // Two were the attack before this one.
        for (let tries = 2; ; tries += 1) {
          const { outcome } = await login(email, `guess-${tries}`);
          if (outcome !== WRONG) return `${tries} tries, then ${outcome}`;
        }
      },
    },
    {
      name: 'another account from the same address, then',
      expected: [LIMITED],
      send: async () => (await login('master@xpory.local', 'guess')).outcome,
    },
    {
      name: 'a session that stands, then',
      expected: ['200'],
      send: async () => {
        const { http, session } = range;
        const call = { party: CP, path: '/admin/api/session', bearer: session.token };
        return (await http.knock(call)).outcome;
      },
    },
    ...guesses(range),
  ];
}

/** Account tokens guessed at the importer, whose limit of refusals was not raised. */
function guesses({ http }: Range): readonly Attack[] {
  const path = '/api/v2/purchases/00000000-0000-4000-8000-000000000000';
  const ask = async (token: string): Promise<string> => {
    const headers = memberHeaders({ accountId: BUYER.accountId, token });
    return (await http.knock({ party: IMPORTER, path, headers })).outcome;
  };
  return [
    {
      name: `tokens guessed until the limit of ${RATE_LIMITS.refused.requests} refusals a minute`,
      expected: [`at most ${RATE_LIMITS.refused.requests} tries, then ${LIMITED}`],
      send: async () => {
        for (let tries = 0; ; tries += 1) {
          const outcome = await ask(`guess-${tries}`);
          if (outcome === '401 TOKEN_INVALID' && tries <= RATE_LIMITS.refused.requests) continue;
          const few = tries <= RATE_LIMITS.refused.requests;
          return `${few ? 'at most' : 'more than'} ${RATE_LIMITS.refused.requests} tries, then ${outcome}`;
        }
      },
    },
    {
      name: 'the member itself from the same address, then',
      expected: ['404 NOT_FOUND'],
      send: () => ask(BUYER.token),
    },
  ];
}
