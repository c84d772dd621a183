import { randomUUID } from 'node:crypto';
import { ConnectionFailure } from '../../activities/clients/agent.ts';
import { formatMinor, minor } from '../../domain/shared/money.ts';
import { CP, EXPORTER, IMPORTER } from '../parties.ts';
import { logIn } from '../register.ts';
import { UnexpectedAnswer } from '../web.ts';
import type { Web, WebCall } from '../web.ts';
import type { ClientLog } from './client-log.ts';
import { sleep } from './stage.ts';
import type { Stage } from './stage.ts';

/** The people of the Control Plane at work: what they are told while its processes are killed. */
export interface Officers {
  /** Settlements whose confirmation was answered, by id. */
  readonly settled: ReadonlySet<string>;
  /** What each did, and how often it was refused or got no answer. */
  report(): string;
  /** Answers that nobody expects. */
  failures(): number;
  /** A wide limit, and the pair enabled by hand: what is open can end. */
  reopen(): Promise<void>;
  /** What they were doing still ends; who approves goes on, or what waits would never end. */
  stop(): Promise<void>;
  goHome(): Promise<void>;
}

export interface Person {
  readonly token: string;
}

// Together they change something every second or two, as no real desk does.
const EVERY_MS = {
  limits: 3_000,
  settlements: 4_000,
  signals: 9_000,
  policies: 7_000,
  desk: 2_000,
  reversals: 3_000,
};
/** Around what the buyers owe: some cuts stop the pair, some let it go on. */
const WIDE = '90000000.00';
const LIMITS = ['300.00', WIDE, '1500.00', WIDE];
const SETTLED = formatMinor(minor(60_00n));
const PASSWORD = 'correct horse battery';
// A killed process is back within a few seconds; a person asks again that long.
const TRIES = 40;
const RETRY_MS = 1_000;
const CONTEST = 409;
const UNFIT = 422;
const REJECTS_EVERY = 4;

/** Opens the persons and starts their work. */
export async function startOfficers(stage: Stage, log: ClientLog): Promise<Officers> {
  const cp = stage.stack.web(CP);
  const maker = await openPerson(stage, 'maker');
  const checker = await openPerson(stage, 'checker');
  const desk = createDesk(cp, (text) => stage.say(text));
  const settled = new Set<string>();
  const governing = [
    desk.keepDoing('limits', EVERY_MS.limits, (turn) => cutLimit(desk, maker, turn)),
    desk.keepDoing('settlements', EVERY_MS.settlements, async () => {
      const id = await settle(desk, { maker, checker });
      if (id !== undefined) settled.add(id);
    }),
    desk.keepDoing('signals', EVERY_MS.signals, async () => {
      await switchPair(desk, maker, 'DISABLE');
      await switchPair(desk, maker, 'ENABLE');
    }),
    desk.keepDoing('policies', EVERY_MS.policies, (turn) => relabel(desk, maker, turn)),
    desk.keepDoing('reversals', EVERY_MS.reversals, () => reverse(desk, maker, { stage, log })),
  ];
  const approvals = createDesk(cp, (text) => stage.say(text));
  const approving = approvals.keepDoing('approvals', EVERY_MS.desk, () => decide(approvals, maker));
  return {
    settled,
    report: () => `${desk.report()}; ${approvals.report()}`,
    failures: () => desk.failures() + approvals.failures(),
    async reopen() {
      await putTerms(desk, maker, 'HARD', WIDE);
      await switchPair(desk, maker, 'ENABLE');
    },
    async goHome() {
      approvals.stop();
      await approving;
    },
    async stop() {
      desk.stop();
      await Promise.all(governing);
    },
  };
}

interface Desk {
  /** Asks until there is an answer; a 409 or 422 is one. Undefined: refused. */
  need<T>(person: Person, path: string, call?: WebCall): Promise<T | undefined>;
  keepDoing(name: string, everyMs: number, work: (turn: number) => Promise<void>): Promise<void>;
  report(): string;
  failures(): number;
  stop(): void;
}

function createDesk(cp: Web, say: (text: string) => void): Desk {
  const counts = new Map<string, number>();
  let stopped = false;
  let failures = 0;
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  return {
    async need<T>(person: Person, path: string, call: WebCall = {}): Promise<T | undefined> {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await cp.need<T>(path, { ...call, bearer: person.token });
        } catch (error) {
          const status = error instanceof UnexpectedAnswer ? error.status : undefined;
          if (status === CONTEST || status === UNFIT) {
            count(`refused ${(error as UnexpectedAnswer).code}`);
            return undefined;
          }
          const isAway = error instanceof ConnectionFailure || (status ?? 0) >= 500;
          if (!isAway || attempt >= TRIES) throw error;
          count('unanswered');
          await sleep(RETRY_MS);
        }
      }
    },
    async keepDoing(name, everyMs, work) {
      for (let turn = 0; !stopped; turn += 1) {
        try {
          await work(turn);
          count(name);
        } catch (error) {
          // An answer that nobody expects: said, counted, and the drill does not hold.
          failures += 1;
          say(`BROKEN ${name}: ${String(error)}`);
        }
        await sleep(everyMs);
      }
    },
    failures: () => failures,
    report: () => [...counts].map(([what, times]) => `${times} ${what}`).join(', '),
    stop: () => void (stopped = true),
  };
}

export async function openPerson(stage: Stage, name: string): Promise<Person> {
  const { cp, token: bearer } = await logIn(stage.stack);
  const email = `${name}-${randomUUID().slice(0, 8)}@pessoas.example`;
  const roles = ['operator', 'risk', 'support'];
  const body = { email, name, password: PASSWORD, roles };
  await cp.need('/admin/api/users', { method: 'POST', bearer, body });
  return cp.need<Person>('/admin/api/auth/login', {
    method: 'POST',
    body: { email, password: PASSWORD },
  });
}

const PAIR_PATH = `/admin/api/relationships/${EXPORTER.wlId}/${IMPORTER.wlId}`;
const LABELS = { updatedBy: 'drill', updatedSource: 'drill' };

async function cutLimit(desk: Desk, person: Person, turn: number): Promise<void> {
  const limit = LIMITS[turn % LIMITS.length] ?? WIDE;
  await putTerms(desk, person, turn % 2 === 0 ? 'SOFT' : 'HARD', limit);
}

async function putTerms(
  desk: Desk,
  person: Person,
  limitMode: 'SOFT' | 'HARD',
  limitAmount: string,
): Promise<void> {
  await desk.need(person, PAIR_PATH, {
    method: 'PUT',
    body: { limitAmount, limitMode, ...LABELS },
  });
}

async function settle(
  desk: Desk,
  { maker, checker }: { readonly maker: Person; readonly checker: Person },
): Promise<string | undefined> {
  const key = randomUUID();
  const made = await desk.need<{ id: string }>(maker, '/admin/api/settlements', {
    method: 'POST',
    headers: { 'Idempotency-Key': key },
    body: { src: EXPORTER.wlId, dst: IMPORTER.wlId, amount: SETTLED, note: 'drill' },
  });
  if (made === undefined) return undefined;
  await desk.need(checker, `/admin/api/settlements/${made.id}/confirm`, {
    method: 'POST',
    body: {},
  });
  return made.id;
}

async function switchPair(desk: Desk, person: Person, action: 'DISABLE' | 'ENABLE'): Promise<void> {
  const headers = { 'Idempotency-Key': randomUUID() };
  const body = { src: EXPORTER.wlId, dst: IMPORTER.wlId, action, reason: 'drill' };
  await desk.need(person, '/imbalance/signals', { method: 'POST', headers, body });
}

async function relabel(desk: Desk, person: Person, turn: number): Promise<void> {
  const party = turn % 2 === 0 ? EXPORTER : IMPORTER;
  await desk.need(person, `/admin/api/wls/${party.wlId}/policies`, {
    method: 'PUT',
    body: { policyRevision: `drill-${turn}`, ...LABELS },
  });
}

interface PendingApproval {
  readonly tradeId: string;
  readonly importerWlId?: string;
}

async function decide(desk: Desk, person: Person): Promise<void> {
  const page = await desk.need<{ items: PendingApproval[] }>(person, '/admin/api/approvals');
  for (const [index, { tradeId }] of (page?.items ?? []).entries()) {
    const rejects = index % REJECTS_EVERY === REJECTS_EVERY - 1;
    await desk.need(person, `/admin/api/approvals/${tradeId}/${rejects ? 'reject' : 'approve'}`, {
      method: 'POST',
      body: rejects ? { reason: 'drill' } : {},
    });
  }
}

/** Support reverses the last purchase that was confirmed, with a key that survives repeats. */
async function reverse(
  desk: Desk,
  person: Person,
  { stage, log }: { readonly stage: Stage; readonly log: ClientLog },
): Promise<void> {
  const { tradeId } = log.entries.findLast(({ status }) => status === 'CONFIRMED') ?? {};
  if (tradeId === undefined) return;
  const path = `/admin/api/wls/${IMPORTER.wlId}/support-token`;
  const support = await desk.need<Person>(person, path, { method: 'POST' });
  if (support === undefined) return;
  // The importer's gateway is not killed here: a refusal of a second reversal is an answer.
  await stage.stack.web(IMPORTER).ask(`/api/v2/purchases/${tradeId}/reverse`, {
    method: 'POST',
    bearer: support.token,
    headers: { 'Idempotency-Key': tradeId },
    body: { reason: 'drill' },
  });
}
