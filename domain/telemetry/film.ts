/** One thing that a workflow did or waited for; instants are ISO 8601 UTC by the engine's clock. */
export interface WorkflowStep {
  readonly kind: 'STEP' | 'TIMER' | 'SIGNAL' | 'UPDATE' | 'RUN';
  readonly name: string;
  readonly at: string;
  readonly until?: string;
  readonly attempt?: number;
  /** A verdict, a state, or how a wait ended; never a payload. */
  readonly outcome?: string;
}

/** One move of a party's own row. */
export interface FilmMove {
  readonly version: number;
  readonly from: string;
  readonly to: string;
  readonly step?: string | undefined;
  readonly reason?: string | undefined;
  readonly actor: string;
  readonly at: string;
}

/** What an entry tells, for who says it in another language; `what` says it in English. */
export const FILM_CODES = [
  'move',
  'workflow',
  'start',
  'reserve',
  'fund',
  'confirm',
  'settle',
  'refund',
  'learn',
  'cancelHold',
  'deliverDecision',
  'AWAITING_APPROVAL',
  'UNCERTAIN',
  'NEEDS_ATTENTION',
  'event',
  'token',
  'signal',
  'action',
  'decision',
  'other',
] as const;
export type FilmCode = (typeof FILM_CODES)[number];

export const FILM_LANES = ['importer', 'exporter', 'control-plane'] as const;
export type FilmLane = (typeof FILM_LANES)[number];

/** What a party shows of a trade. */
export interface FilmParty {
  readonly moves: readonly FilmMove[];
  readonly steps: readonly WorkflowStep[];
  readonly correlationId: string;
}

/** An event as the Control Plane got it. */
export interface FilmEvent {
  readonly lane: 'importer' | 'exporter';
  readonly type: string;
  readonly occurredAt: string;
  readonly receivedAt: string;
  readonly correlationId: string;
  readonly details: FilmDetails;
}

/** Anything else that the Control Plane knows to have happened meanwhile. */
export interface FilmFact {
  readonly at: string;
  readonly until?: string | undefined;
  readonly kind: 'token' | 'signal' | 'person';
  readonly code: 'token' | 'signal' | 'action' | 'decision';
  readonly what: string;
  /** Whose token it is. */
  readonly holder?: 'importer' | 'exporter' | undefined;
  readonly details: FilmDetails;
}

export type FilmDetails = { readonly [name: string]: string | number | boolean | null };

export interface FilmEntry {
  readonly at: string;
  readonly lane: FilmLane;
  readonly kind: 'state' | 'step' | 'message' | 'wait' | 'signal' | 'event' | 'token' | 'person';
  readonly code: FilmCode;
  readonly what: string;
  /** Of a token: whether a call of this film went with it, as far as times and scopes tell. */
  readonly isUsed?: boolean;
  readonly durationMs?: number;
  readonly details: FilmDetails;
}

/** A party's clock less the Control Plane's, known to within the uncertainty; milliseconds. */
export interface FilmClock {
  readonly lane: 'importer' | 'exporter';
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
}

export interface SlowHop {
  readonly lane: FilmLane;
  readonly code: FilmCode;
  readonly what: string;
  readonly at: string;
  readonly durationMs: number;
  /** Part of the time from the request to the last move, 0 to 1 with two decimals. */
  readonly share: number;
}

export interface FilmSources {
  readonly importer?: FilmParty | undefined;
  readonly exporter?: FilmParty | undefined;
  readonly events: readonly FilmEvent[];
  readonly facts: readonly FilmFact[];
  readonly clocks: readonly FilmClock[];
}

export interface Film {
  readonly entries: readonly FilmEntry[];
  readonly slowest: SlowHop | null;
  /** Every correlation id that appears; one, unless somebody lost it on the way. */
  readonly correlationIds: readonly string[];
}

/** What the steps of a purchase do, and which of them are a message to the other party. */
interface KnownStep {
  readonly code: FilmCode;
  readonly what: string;
  /** The scope of the token that the message goes with. */
  readonly scope?: string;
}

const BUYING = 'trader:purchase';
const STEPS: Readonly<Record<string, KnownStep>> = {
  reserve: { code: 'reserve', what: 'preflight at the exporter', scope: BUYING },
  fund: { code: 'fund', what: 'money taken into suspense' },
  confirm: { code: 'confirm', what: 'confirm at the exporter', scope: BUYING },
  settle: { code: 'settle', what: 'settled in the importer’s books' },
  refund: { code: 'refund', what: 'refunded in the importer’s books' },
  learn: { code: 'learn', what: 'the exporter asked what it knows', scope: BUYING },
  cancelHold: { code: 'cancelHold', what: 'cancel at the exporter', scope: BUYING },
  deliverDecision: {
    code: 'deliverDecision',
    what: 'decision delivered to the importer',
    scope: 'trader:decision',
  },
};

/** States in which a purchase waits for somebody, and for whom. */
const WAITS: Readonly<Record<string, Pick<SlowHop, 'code' | 'what'>>> = {
  AWAITING_APPROVAL: {
    code: 'AWAITING_APPROVAL',
    what: 'waiting for a person at the exporter',
  },
  UNCERTAIN: { code: 'UNCERTAIN', what: 'without a clear answer of the exporter' },
  NEEDS_ATTENTION: { code: 'NEEDS_ATTENTION', what: 'parked, waiting for support' },
};

/**
 * One timeline of a trade out of what its parties and the Control Plane show, and the slowest hop
 * of it. Instants stay as their party told them; the order allows for clocks that differ by more
 * than their uncertainty. Works with any part missing (DESIGN.md 1, promise 3).
 */
export function makeFilm(sources: FilmSources): Film {
  const { importer, exporter, events, facts, clocks } = sources;
  const used = usedTokens(sources);
  const entries = [
    ...partyEntries('importer', importer),
    ...partyEntries('exporter', exporter),
    ...events.map(eventEntry),
    ...facts.map((fact) => factEntry(fact, used)),
  ];
  const correlationIds = [
    ...(importer === undefined ? [] : [importer.correlationId]),
    ...(exporter === undefined ? [] : [exporter.correlationId]),
    ...events.map(({ correlationId }) => correlationId),
  ];
  return {
    entries: inOrder(entries, clocks),
    slowest: slowestOf(importer, exporter),
    correlationIds: [...new Set(correlationIds)],
  };
}

function partyEntries(lane: 'importer' | 'exporter', party: FilmParty | undefined): FilmEntry[] {
  if (party === undefined) return [];
  const moves = party.moves.map(({ version, from, to, step, reason, actor, at }): FilmEntry => ({
    ...{ at, lane, kind: 'state', code: 'move', what: `${from} → ${to}` },
    details: { version, actor, step: step ?? null, reason: reason ?? null },
  }));
  return [...moves, ...party.steps.map((step) => stepEntry(lane, step))];
}

function stepEntry(lane: 'importer' | 'exporter', step: WorkflowStep): FilmEntry {
  const { kind, name, at, until, attempt, outcome } = step;
  const known = STEPS[name];
  const durationMs = until === undefined ? undefined : between(at, until);
  return {
    ...{ at, lane, kind: kindOf(step) },
    ...(kind === 'RUN'
      ? { code: 'workflow', what: `workflow ${name}` }
      : { code: known?.code ?? 'other', what: known?.what ?? name }),
    ...(durationMs !== undefined && { durationMs }),
    details: { name, attempt: attempt ?? null, outcome: outcome ?? null },
  };
}

function kindOf({ kind, name }: WorkflowStep): FilmEntry['kind'] {
  if (kind === 'TIMER') return 'wait';
  if (kind === 'SIGNAL') return 'signal';
  if (kind === 'UPDATE') return 'person';
  return STEPS[name]?.scope === undefined ? 'step' : 'message';
}

function eventEntry({ lane, type, occurredAt, receivedAt, details }: FilmEvent): FilmEntry {
  const durationMs = between(occurredAt, receivedAt);
  const what = `${type} of the ${lane}`;
  return {
    ...{ at: receivedAt, lane: 'control-plane', kind: 'event', code: 'event', what, durationMs },
    details: { type, ...details, occurredAt, receivedAt },
  };
}

/**
 * The tokens that went with the calls of the parties: each time the newest of the caller's that had
 * the scope and was in force. A call with an older one, just before it was replaced, is not told
 * apart.
 */
function usedTokens({ importer, exporter, facts }: FilmSources): ReadonlySet<FilmFact> {
  const used = new Set<FilmFact>();
  for (const [holder, party] of [
    ['importer', importer],
    ['exporter', exporter],
  ] as const) {
    const own = facts.filter((fact) => fact.kind === 'token' && fact.holder === holder);
    for (const { name, at } of party?.steps ?? []) {
      const scope = STEPS[name]?.scope;
      const fit = own.filter(
        ({ at: issuedAt, details }) =>
          scope !== undefined &&
          String(details['scope']).split(' ').includes(scope) &&
          issuedAt <= at &&
          at < String(details['expiresAt']),
      );
      const newest = fit.toSorted((a, b) => (a.at < b.at ? 1 : -1))[0];
      if (newest !== undefined) used.add(newest);
    }
  }
  return used;
}

function factEntry(fact: FilmFact, used: ReadonlySet<FilmFact>): FilmEntry {
  const { at, until, kind, code, what, details } = fact;
  const durationMs = until === undefined ? undefined : between(at, until);
  return {
    ...{ at, lane: 'control-plane', kind, code, what, details },
    ...(kind === 'token' && { isUsed: used.has(fact) }),
    ...(durationMs !== undefined && { durationMs }),
  };
}

/** By the Control Plane's clock as far as the difference is known; equal instants keep their order. */
function inOrder(entries: readonly FilmEntry[], clocks: readonly FilmClock[]): FilmEntry[] {
  const offsets = new Map<FilmLane, number>(
    clocks
      .filter(({ offsetMs, uncertaintyMs }) => Math.abs(offsetMs) > uncertaintyMs)
      .map(({ lane, offsetMs }) => [lane, offsetMs]),
  );
  const timeOf = ({ at, lane }: FilmEntry): number => Date.parse(at) - (offsets.get(lane) ?? 0);
  return entries.toSorted((a, b) => timeOf(a) - timeOf(b));
}

type Hop = Omit<SlowHop, 'share'>;

/** What took longest between the buyer's request and the last move; telemetry is behind it. */
function slowestOf(
  importer: FilmParty | undefined,
  exporter: FilmParty | undefined,
): SlowHop | null {
  const moves = importer?.moves ?? exporter?.moves ?? [];
  const [first, last] = [moves[0], moves.at(-1)];
  if (first === undefined || last === undefined) return null;
  const totalMs = between(first.at, last.at);
  const hops = importer === undefined ? gapHops('exporter', moves) : importerHops(importer);
  const [slowest] = hops.toSorted((a, b) => b.durationMs - a.durationMs);
  if (slowest === undefined || totalMs === 0) return null;
  // A step's end may lie behind the last move, which the buyer did not wait for.
  const durationMs = Math.min(slowest.durationMs, totalMs);
  return { ...slowest, durationMs, share: Math.round((durationMs / totalMs) * HUNDRED) / HUNDRED };
}

const HUNDRED = 100;

function importerHops({ moves, steps }: FilmParty): Hop[] {
  const own = steps.filter(({ kind, until }) => kind === 'STEP' && until !== undefined);
  const waits = gapHops('importer', moves).filter(({ code }) => code !== 'move');
  if (own.length === 0) return gapHops('importer', moves);
  const [first] = moves;
  const [firstStep] = own;
  const start: Hop[] =
    first === undefined || firstStep === undefined
      ? []
      : [
          {
            ...{ lane: 'importer', code: 'start', what: 'start of the workflow', at: first.at },
            durationMs: between(first.at, firstStep.at),
          },
        ];
  const done = own.map(({ name, at, until }): Hop => {
    const { code, what } = STEPS[name] ?? { code: 'other', what: name };
    const durationMs = between(at, endOf(moves, at, until ?? at));
    return { lane: 'importer', code, what, at, durationMs };
  });
  return [...start, ...done, ...waits];
}

/** The last step of a task ends with its row's move; the task itself completes behind it. */
function endOf(moves: readonly FilmMove[], at: string, until: string): string {
  const move = moves.find((one) => one.at >= at && one.at <= until);
  return move?.at ?? until;
}

function gapHops(lane: 'importer' | 'exporter', moves: readonly FilmMove[]): Hop[] {
  return moves.slice(1).map((move, index): Hop => {
    const before = moves[index] ?? move;
    const wait = WAITS[before.to];
    const hop = { lane, at: before.at, durationMs: between(before.at, move.at) };
    if (wait !== undefined) return { ...hop, ...wait };
    return { ...hop, code: 'move', what: `${before.to} → ${move.to}` };
  });
}

/** Never negative: two clocks of one party may differ by a little. */
function between(from: string, until: string): number {
  return Math.max(0, Date.parse(until) - Date.parse(from));
}
