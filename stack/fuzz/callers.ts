import { logIn } from '../register.ts';
import { CP, EXPORTER, IMPORTER, type Party, type PartySlug } from '../parties.ts';
import type { Stack } from '../stack.ts';

/** One round of the fuzzer: the routes that one kind of caller may use, with that caller's proof. */
export interface Caller {
  readonly name: string;
  readonly document: 'cp' | 'wl';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Files of the certificate that is shown. */
  readonly certificate?: PartySlug;
  /** By the words with which the guard describes itself in the document. */
  readonly mayCall: RegExp;
  /** Checks that do not hold for this caller, each with its reason. */
  readonly without?: Readonly<Record<string, string>>;
}

const ACCOUNT = { 'X-Account-Id': '8780', 'X-Account-Token': 'codex-token-3' };
const CERTIFICATE_IS_ENOUGH = {
  ignored_auth: 'the certificate is shown with every request, and is enough',
};

/**
 * What a white label tells of itself is not true any more after its rounds, and what an operator
 * decides is in nobody's way only at the end: the last round has a stack of its own.
 */
export const CALLER_SETS = ['parties', 'operator'] as const;

/** Tokens and certificates of everybody, in an order in which no round spoils the next one. */
export async function makeCallers(
  stack: Stack,
): Promise<Readonly<Record<(typeof CALLER_SETS)[number], readonly Caller[]>>> {
  const { token: master } = await logIn(stack);
  const issue = async (as: PartySlug | undefined, path: string, call: object): Promise<string> => {
    const { token } = await stack
      .web(CP, as)
      .need<{ token: string }>(path, { method: 'POST', ...call });
    return token;
  };
  const own = `/wls/${IMPORTER.wlId}`;
  const [wl, peer, approver, support] = await Promise.all([
    issue('importer', `${own}/token`, {}),
    issue('exporter', `/wls/${EXPORTER.wlId}/peer-token`, {
      body: { targetWlId: IMPORTER.wlId, scopes: ['offers:sync', 'trader:purchase'] },
    }),
    issue('importer', `${own}/peer-token`, {
      body: { targetWlId: IMPORTER.wlId, scopes: ['trader:approve'] },
    }),
    issue(undefined, `/admin/api/wls/${IMPORTER.wlId}/support-token`, { bearer: master }),
  ]);
  return {
    parties: [...wlCallers(stack, { peer, approver, support }), ...cpCallers(stack, { wl })],
    operator: [operatorCaller(stack, { master })],
  };
}

type Tokens<K extends string> = Readonly<Record<K, string>>;

function wlCallers(
  { ports }: Stack,
  { peer, approver, support }: Tokens<'peer' | 'approver' | 'support'>,
): readonly Caller[] {
  const tls = { document: 'wl', url: secureUrl(IMPORTER, ports) } as const;
  const plain = { document: 'wl', url: plainUrl(IMPORTER, ports) } as const;
  return [
    { ...plain, name: 'wl: anyone', headers: {}, mayCall: /^Open to anyone/ },
    { ...plain, name: 'wl: member, by the body', headers: {}, mayCall: /`accountId` and `token`/ },
    { ...plain, name: 'wl: member', headers: ACCOUNT, mayCall: /^The member, by account and/ },
    { ...plain, name: 'wl: support', headers: bearer(support), mayCall: /^Support token/ },
    {
      ...{ ...plain, name: 'wl: back office', mayCall: /^The back office/ },
      headers: bearer('backoffice-importer'),
    },
    { ...plain, name: 'wl: approver', headers: bearer(approver), mayCall: /^This WL's own token/ },
    {
      ...{ ...tls, name: 'wl: partner with a token', certificate: 'exporter' },
      ...{ headers: bearer(peer), mayCall: /^Peer token/ },
    },
    {
      ...{ ...tls, name: 'wl: partner by certificate', certificate: 'exporter', headers: {} },
      ...{ mayCall: /^The partner's certificate/, without: CERTIFICATE_IS_ENOUGH },
    },
    {
      ...{ ...tls, name: 'wl: Control Plane', certificate: 'cp', headers: {} },
      ...{ mayCall: /^Certificate of the Control Plane/, without: CERTIFICATE_IS_ENOUGH },
    },
    {
      ...{ ...plain, name: 'wl: who imports', headers: bearer(approver) },
      mayCall: /^A Control Plane token/,
    },
  ];
}

function cpCallers({ ports }: Stack, { wl }: Tokens<'wl'>): readonly Caller[] {
  const tls = { document: 'cp', url: secureUrl(CP, ports) } as const;
  const plain = { document: 'cp', url: plainUrl(CP, ports) } as const;
  return [
    { ...plain, name: 'cp: anyone', headers: {}, mayCall: /^Open to anyone/ },
    {
      ...{ ...tls, name: 'cp: WL with a token', certificate: 'importer' },
      ...{ headers: bearer(wl), mayCall: /^Token of a WL/ },
    },
    {
      ...{ ...tls, name: 'cp: WL by certificate', certificate: 'importer', headers: {} },
      ...{ mayCall: /^Certificate of the WL in the path\./, without: CERTIFICATE_IS_ENOUGH },
    },
  ];
}

function operatorCaller({ ports }: Stack, { master }: Tokens<'master'>): Caller {
  const url = plainUrl(CP, ports);
  const headers = bearer(master);
  return { document: 'cp', url, name: 'cp: operator', headers, mayCall: /Operator token/ };
}

function plainUrl(party: Party, ports: Stack['ports']): string {
  return `http://127.0.0.1:${ports[party.ports.http]}`;
}

function bearer(token: string): Readonly<Record<string, string>> {
  return { Authorization: `Bearer ${token}` };
}

/** By the name that every resolver knows; certificates of the local stack name it, too. */
function secureUrl(party: Party, ports: Stack['ports']): string {
  return `https://localhost:${ports[party.ports.tls]}`;
}
