import type { Pair } from '../../db/cp/relationship.ts';

/** What is known of a filled database, to ask about. */
export interface Facts {
  readonly pairs: readonly Pair[];
  /** Ids of trades of all ages. */
  readonly tradeIds: readonly string[];
  readonly signalIds: readonly string[];
  readonly planIds: readonly string[];
  readonly subjects: readonly string[];
  readonly now: number;
}

export interface Question {
  /** The page of the console that asks it. */
  readonly page: string;
  readonly name: string;
  /** Path and query of the n-th request: filters wander, so that no answer is asked for twice. */
  ask(facts: Facts, n: number): string;
  /** Follows the cursor to the end of the list first, and asks for its last full page. */
  readonly isDeep?: true;
}

const DAY_MS = 86_400_000;

const at = <T>(items: readonly T[], n: number): T => {
  const item = items[n % items.length];
  if (item === undefined) throw new Error('there is nothing to ask about');
  return item;
};

const fixed =
  (path: string): Question['ask'] =>
  () =>
    path;

const since = ({ now }: Facts, days: number): string =>
  encodeURIComponent(new Date(now - days * DAY_MS).toISOString());

const TRADES = '/admin/api/trades?limit=25';
const SIGNALS = '/imbalance/signals?limit=25';
const AUDIT = '/admin/api/audit?limit=25';
const ATTENTION = '/admin/api/attention';
const NOTICES = '/admin/api/notifications';
const BALANCE = '/reports/trade-balance';

const OVERVIEW: readonly Question[] = [
  { page: 'overview', name: 'figures of 30 days', ask: fixed('/reports/metrics?brief=true') },
  { page: 'overview', name: 'heat map', ask: fixed(`${BALANCE}?limit=200`) },
  { page: 'overview', name: 'count of attention', ask: fixed(`${ATTENTION}?limit=1`) },
  { page: 'overview', name: 'count of approvals', ask: fixed('/admin/api/approvals?limit=1') },
  {
    page: 'overview',
    name: 'count of changes',
    ask: fixed('/admin/api/changes?state=PENDING&limit=1'),
  },
  { page: 'overview', name: 'count of notices', ask: fixed(`${NOTICES}?limit=1`) },
  { page: 'shell', name: 'registry', ask: fixed('/admin/api/wls?limit=200&offset=0') },
  { page: 'shell', name: 'people', ask: fixed('/admin/api/people') },
  { page: 'shell', name: 'session', ask: fixed('/admin/api/session') },
];

/** What no page shows and a script may ask for: volume by month and conversion by offer with it. */
const REPORTS: readonly Question[] = [
  { page: 'report', name: 'all figures of 30 days', ask: fixed('/reports/metrics') },
];

const TRADE_LISTS: readonly Question[] = [
  { page: 'trades', name: 'newest', ask: fixed(TRADES) },
  { page: 'trades', name: 'last page', ask: fixed(TRADES), isDeep: true },
  {
    page: 'trades',
    name: 'of one WL',
    ask: ({ pairs }, n) => `${TRADES}&wl=${at(pairs, n).src}`,
  },
  {
    page: 'trades',
    name: 'of a pair',
    ask: ({ pairs }, n) => `${TRADES}&wl=${at(pairs, n).src}&partner=${at(pairs, n).dst}`,
  },
  {
    page: 'trades',
    name: 'of a pair, last page',
    ask: ({ pairs }) => `${TRADES}&wl=${at(pairs, 0).src}&partner=${at(pairs, 0).dst}`,
    isDeep: true,
  },
  ...['PENDING', 'PROVISIONAL', 'CONFIRMED', 'REJECTED', 'REVERSED'].map((status) => ({
    page: 'trades',
    name: status,
    ask: fixed(`${TRADES}&status=${status}`),
  })),
  { page: 'trades', name: 'of a reason', ask: fixed(`${TRADES}&reason=PRICE_CHANGED`) },
  { page: 'trades', name: 'of an unused reason', ask: fixed(`${TRADES}&reason=COOL_DOWN`) },
  {
    page: 'trades',
    name: 'a day long ago',
    ask: (facts, n) =>
      `${TRADES}&from=${since(facts, 30 + (n % 20))}&to=${since(facts, 29 + (n % 20))}`,
  },
  { page: 'trades', name: 'search: a word', ask: fixed(`${TRADES}&text=jantar`) },
  {
    page: 'trades',
    name: 'search: an offer',
    ask: (_facts, n) => `${TRADES}&text=${encodeURIComponent(`violão ${1 + 7 * (n % 50)} do`)}`,
  },
  {
    page: 'trades',
    name: 'search: an id',
    ask: ({ tradeIds }, n) => `${TRADES}&text=${at(tradeIds, n)}`,
  },
  {
    page: 'trades',
    name: 'search: half an id',
    ask: ({ tradeIds }, n) => `${TRADES}&text=${at(tradeIds, n).slice(-9)}`,
  },
  { page: 'trades', name: 'search: two letters', ask: fixed(`${TRADES}&text=zz`) },
  {
    page: 'trades',
    name: 'search: nothing found',
    ask: (_facts, n) => `${TRADES}&text=${encodeURIComponent(`bicicleta ${n}`)}`,
  },
  {
    page: 'trades',
    name: 'search in a pair and state',
    ask: ({ pairs }, n) =>
      `${TRADES}&text=loja%207&status=CONFIRMED&wl=${at(pairs, n).src}&partner=${at(pairs, n).dst}`,
  },
  { page: 'trades', name: 'parked', ask: fixed(`${TRADES}&parked=true`) },
  { page: 'trades', name: 'mismatched', ask: fixed(`${TRADES}&mismatch=true`) },
  { page: 'trades', name: 'on a stale revision', ask: fixed(`${TRADES}&stale=true`) },
  {
    page: 'trade',
    name: 'details',
    ask: ({ tradeIds }, n) => `/admin/api/trades/${at(tradeIds, n)}/details`,
  },
  {
    page: 'trade',
    name: 'evidence',
    ask: ({ tradeIds }, n) => `/admin/api/trades/${at(tradeIds, n)}/evidence`,
  },
];

const DESK: readonly Question[] = [
  { page: 'attention', name: 'newest', ask: fixed(`${ATTENTION}?limit=25`) },
  { page: 'attention', name: 'last page', ask: fixed(`${ATTENTION}?limit=25`), isDeep: true },
  ...['PARKED', 'MISMATCH', 'QUARANTINED'].map((kind) => ({
    page: 'attention',
    name: kind,
    ask: fixed(`${ATTENTION}?limit=25&kind=${kind}`),
  })),
  {
    page: 'attention',
    name: 'search',
    ask: ({ tradeIds }, n) => `${ATTENTION}?limit=25&text=${at(tradeIds, n).slice(-9)}`,
  },
  { page: 'approvals', name: 'oldest', ask: fixed('/admin/api/approvals?limit=25') },
  {
    page: 'approvals',
    name: 'last page',
    ask: fixed('/admin/api/approvals?limit=25'),
    isDeep: true,
  },
  { page: 'notices', name: 'newest', ask: fixed(`${NOTICES}?limit=25`) },
  { page: 'notices', name: 'last page', ask: fixed(`${NOTICES}?limit=25`), isDeep: true },
  { page: 'notices', name: 'unread', ask: fixed(`${NOTICES}?limit=25&unread=true`) },
  { page: 'notices', name: 'of a kind', ask: fixed(`${NOTICES}?limit=25&kind=IMBALANCE`) },
  { page: 'notices', name: 'of a rare kind', ask: fixed(`${NOTICES}?limit=25&kind=KEYS`) },
];

const RISK: readonly Question[] = [
  { page: 'balance', name: 'all pairs', ask: fixed(`${BALANCE}?limit=25`) },
  {
    page: 'balance',
    name: 'of one WL, 60 days',
    ask: (facts, n) =>
      `${BALANCE}?limit=25&wlId=${at(facts.pairs, n).src}&from=${since(facts, 60)}`,
  },
  {
    page: 'balance',
    name: 'two days by the hour',
    ask: (facts) => `${BALANCE}?limit=25&from=${since(facts, 2)}`,
  },
  {
    page: 'balance',
    name: 'as it was',
    ask: (facts, n) => `${BALANCE}?limit=25&asOf=${since(facts, 1 + (n % 20))}`,
  },
  { page: 'signals', name: 'newest', ask: fixed(SIGNALS) },
  { page: 'signals', name: 'last page', ask: fixed(SIGNALS), isDeep: true },
  ...['PENDING', 'SENT', 'ACKED', 'SUPERSEDED', 'CANCELLED'].map((state) => ({
    page: 'signals',
    name: state,
    ask: fixed(`${SIGNALS}&state=${state}`),
  })),
  {
    page: 'signals',
    name: 'of one WL',
    ask: ({ pairs }, n) => `${SIGNALS}&wlId=${at(pairs, n).src}`,
  },
  {
    page: 'signal',
    name: 'details',
    ask: ({ signalIds }, n) => `/imbalance/signals/${at(signalIds, n)}`,
  },
  { page: 'settlements', name: 'newest', ask: fixed('/admin/api/settlements?limit=25') },
  {
    page: 'settlements',
    name: 'of a pair, pending',
    ask: ({ pairs }, n) =>
      `/admin/api/settlements?limit=25&src=${at(pairs, n).src}&dst=${at(pairs, n).dst}&state=PENDING`,
  },
  {
    page: 'statement',
    name: 'of a pair',
    ask: (facts, n) => {
      const { src, dst } = at(facts.pairs, n);
      const days = `from=${since(facts, 30)}&to=${since(facts, 0)}`;
      return `/admin/api/settlements/statement?limit=25&src=${src}&dst=${dst}&${days}`;
    },
  },
  {
    page: 'statement',
    name: 'of a pair, last page',
    ask: (facts) => {
      const { src, dst } = at(facts.pairs, 0);
      const days = `from=${since(facts, 30)}&to=${since(facts, 0)}`;
      return `/admin/api/settlements/statement?limit=25&src=${src}&dst=${dst}&${days}`;
    },
    isDeep: true,
  },
  { page: 'plans', name: 'newest', ask: fixed('/admin/api/plans?limit=25') },
  {
    page: 'plan',
    name: 'details',
    ask: ({ planIds }, n) => `/admin/api/plans/${at(planIds, n)}`,
  },
];

const GOVERN: readonly Question[] = [
  { page: 'audit', name: 'newest', ask: fixed(AUDIT) },
  { page: 'audit', name: 'last page', ask: fixed(AUDIT), isDeep: true },
  {
    page: 'audit',
    name: 'of a subject',
    ask: ({ subjects }, n) => `${AUDIT}&subject=${encodeURIComponent(at(subjects, n))}`,
  },
  { page: 'audit', name: 'of a rare action', ask: fixed(`${AUDIT}&action=wl.created`) },
  { page: 'audit', name: 'of nobody known', ask: fixed(`${AUDIT}&actor=nobody`) },
  { page: 'wls', name: 'list', ask: fixed('/admin/api/wls?limit=25&offset=0') },
  { page: 'relationships', name: 'list', ask: fixed('/admin/api/relationships?limit=25&offset=0') },
  {
    page: 'relationship',
    name: 'terms',
    ask: ({ pairs }, n) => `/admin/api/relationships/${at(pairs, n).src}/${at(pairs, n).dst}`,
  },
  {
    page: 'relationship',
    name: 'revisions',
    ask: ({ pairs }, n) =>
      `/admin/api/relationships/${at(pairs, n).src}/${at(pairs, n).dst}/revisions?limit=25`,
  },
  {
    page: 'wl',
    name: 'policy revisions',
    ask: ({ pairs }, n) => `/admin/api/wls/${at(pairs, n).src}/policies/revisions?limit=25`,
  },
  { page: 'users', name: 'list', ask: fixed('/admin/api/users?limit=25&offset=0') },
  {
    page: 'xwl',
    name: 'quarantine',
    ask: fixed('/admin/api/telemetry/quarantine?limit=25'),
  },
];

/** Every list and overview query of the console, with the filters that its pages have. */
export const QUESTIONS: readonly Question[] = [
  ...OVERVIEW,
  ...REPORTS,
  ...TRADE_LISTS,
  ...DESK,
  ...RISK,
  ...GOVERN,
];

/** Reads of the API that are left out, and why; any other one has a question above. */
export const NOT_ASKED: Readonly<Record<string, string>> = {
  '/admin/api/wls/{id}': 'one row by its key',
  '/admin/api/wls/{id}/policies': 'one row by its key',
  '/wls/{id}/policies': 'for white labels, not the console',
  '/policies/pull': 'for white labels, not the console',
  '/relationships/{src}/{dst}': 'for white labels, not the console',
  '/admin/api/wls/{id}/trader': 'one row by its key',
  '/admin/api/trades/{id}': 'the same row as its details',
  '/admin/api/trades/{id}/film': 'asks both white labels',
  '/admin/api/trades/{id}/explain': 'asks the white label',
  '/admin/api/wls/{id}/offer-categories': 'grows with the catalogue, not with trade',
  '/admin/api/wls/{id}/entities': 'grows with the catalogue, not with trade',
  '/.well-known/webhook-keys.json': 'a handful of keys',
  '/.well-known/jwks.json': 'a handful of keys',
  '/admin/api/keys/{kid}/report': 'grows with tokens and events of one key; asked after a leak',
  '/admin/api/wls/{id}/certificates': 'a handful of certificates',
  '/admin/api/certificates': 'a handful of certificates',
  '/admin/api/audit/verify': 'reads the whole chain: that is what it is asked for',
  '/admin/api/alert-targets': 'a handful of targets',
};
