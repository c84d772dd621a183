import { describe, expect, test } from '@jest/globals';
import {
  makeFilm,
  type FilmMove,
  type FilmParty,
  type FilmSources,
  type WorkflowStep,
} from '../../../domain/telemetry/film.ts';

const NOTHING: FilmSources = { events: [], facts: [], clocks: [] };

/** Milliseconds of one minute. */
function at(ms: number): string {
  return new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
}

function moves(...rows: readonly (readonly [ms: number, from: string, to: string])[]): FilmMove[] {
  return rows.map(([ms, from, to], index) => ({
    ...{ version: index + 1, from, to, actor: 'test', at: at(ms) },
  }));
}

function step(name: string, from: number, until: number): WorkflowStep {
  return { kind: 'STEP', name, at: at(from), until: at(until) };
}

function party(rows: FilmMove[], steps: readonly WorkflowStep[] = []): FilmParty {
  return { moves: rows, steps, correlationId: 'c-1' };
}

const CONFIRMED = moves(
  [0, 'NEW', 'REQUESTED'],
  [40, 'REQUESTED', 'FUNDED'],
  [95, 'FUNDED', 'CONFIRMED'],
);

describe('the slow hop is', () => {
  const table: readonly {
    readonly name: string;
    readonly sources: Partial<FilmSources>;
    readonly slowest: readonly [what: string, durationMs: number, share: number] | null;
  }[] = [
    { name: 'nothing, where nobody shows a move', sources: {}, slowest: null },
    {
      name: 'the start of the workflow',
      sources: { importer: party(CONFIRMED, [step('reserve', 60, 70), step('settle', 80, 300)]) },
      slowest: ['start of the workflow', 60, 0.63],
    },
    {
      name: 'the preflight',
      sources: { importer: party(CONFIRMED, [step('reserve', 5, 38), step('fund', 38, 45)]) },
      slowest: ['preflight at the exporter', 33, 0.35],
    },
    {
      name: 'the confirm, whose end is its row’s move and not its task’s',
      sources: { importer: party(CONFIRMED, [step('reserve', 5, 30), step('confirm', 45, 900)]) },
      slowest: ['confirm at the exporter', 50, 0.53],
    },
    {
      name: 'a person at the exporter',
      sources: {
        importer: party(
          moves(
            [0, 'NEW', 'REQUESTED'],
            [40, 'REQUESTED', 'FUNDED'],
            [90, 'FUNDED', 'AWAITING_APPROVAL'],
            [60_090, 'AWAITING_APPROVAL', 'CONFIRMED'],
          ),
          [step('reserve', 5, 30), step('confirm', 45, 90)],
        ),
      },
      slowest: ['waiting for a person at the exporter', 60_000, 1],
    },
    {
      name: 'support',
      sources: {
        importer: party(
          moves(
            [0, 'NEW', 'REQUESTED'],
            [40, 'REQUESTED', 'FUNDED'],
            [100, 'FUNDED', 'UNCERTAIN'],
            [400, 'UNCERTAIN', 'NEEDS_ATTENTION'],
            [1_000, 'NEEDS_ATTENTION', 'UNCERTAIN'],
            [1_000, 'UNCERTAIN', 'COMPENSATED'],
          ),
          [step('learn', 100, 150)],
        ),
      },
      slowest: ['parked, waiting for support', 600, 0.6],
    },
    {
      name: 'a gap between two moves, where the engine shows no steps',
      sources: { importer: party(CONFIRMED) },
      slowest: ['FUNDED → CONFIRMED', 55, 0.58],
    },
    {
      name: 'one of the exporter, where the importer is away',
      sources: { exporter: party(moves([0, 'NEW', 'HELD'], [70, 'HELD', 'CAPTURED'])) },
      slowest: ['HELD → CAPTURED', 70, 1],
    },
  ];

  test.each(table)('$name', ({ sources, slowest }) => {
    const film = makeFilm({ ...NOTHING, ...sources });
    const found = film.slowest;
    expect(found && [found.what, found.durationMs, found.share]).toEqual(slowest);
  });
});

test('entries stand in the order of the Control Plane’s clock, with the instants as they were told', () => {
  const sources: FilmSources = {
    ...NOTHING,
    importer: party(moves([1_000, 'NEW', 'REQUESTED'])),
    exporter: party(moves([500, 'NEW', 'HELD'])),
    events: [
      {
        ...{ lane: 'importer', type: 'offer.attempted', correlationId: 'c-1', details: {} },
        ...{ occurredAt: at(1_000), receivedAt: at(1_200) },
      },
    ],
  };
  const lanes = (film: ReturnType<typeof makeFilm>) => film.entries.map(({ lane }) => lane);
  expect(lanes(makeFilm(sources))).toEqual(['exporter', 'importer', 'control-plane']);
  const late = { lane: 'exporter', offsetMs: -600, uncertaintyMs: 20 } as const;
  const film = makeFilm({ ...sources, clocks: [late] });
  expect(lanes(film)).toEqual(['importer', 'exporter', 'control-plane']);
  expect(film.entries.map((entry) => entry.at)).toEqual([at(1_000), at(500), at(1_200)]);
  // A difference within what the measurement can tell moves nothing.
  const unsure = { ...late, uncertaintyMs: 700 };
  expect(lanes(makeFilm({ ...sources, clocks: [unsure] }))).toEqual(lanes(makeFilm(sources)));
});

test('what a step is to the other party, a wait and a person stand apart; ids are joined', () => {
  const steps: readonly WorkflowStep[] = [
    step('confirm', 0, 10),
    step('settle', 10, 20),
    { kind: 'TIMER', name: 'wait', at: at(20), until: at(50), outcome: 'FIRED' },
    { kind: 'UPDATE', name: 'retryStep', at: at(50) },
    { kind: 'SIGNAL', name: 'decision', at: at(60) },
  ];
  const film = makeFilm({
    ...NOTHING,
    importer: party([], steps),
    exporter: { ...party([]), correlationId: 'c-2' },
    facts: [{ at: at(70), kind: 'token', code: 'token', what: 'token', details: { kid: 'k' } }],
  });
  expect(film.entries.map(({ kind, durationMs }) => [kind, durationMs])).toEqual([
    ['message', 10],
    ['step', 10],
    ['wait', 30],
    ['person', undefined],
    ['signal', undefined],
    ['token', undefined],
  ]);
  expect(film.correlationIds).toEqual(['c-1', 'c-2']);
});

test('of the tokens in force, those that the calls went with are marked', () => {
  const token = (issued: number, expires: number, scope: string, holder = 'importer') =>
    ({
      ...{ at: at(issued), kind: 'token', code: 'token', what: 'token', holder },
      details: { kid: String(issued), scope, expiresAt: at(expires) },
    }) as const;
  const facts = [
    token(10, 900, 'trader:purchase'),
    token(20, 900, 'offers:sync'),
    token(30, 900, 'offers:sync trader:purchase'),
    token(40, 50, 'trader:purchase'),
    token(45, 900, 'trader:purchase', 'exporter'),
    token(500, 900, 'trader:purchase'),
  ] as FilmSources['facts'];
  const importer = party([], [step('reserve', 100, 120), step('fund', 120, 130)]);
  const film = makeFilm({ ...NOTHING, importer, facts });
  const used = film.entries.filter(({ isUsed }) => isUsed === true);
  expect(used.map(({ details }) => details['kid'])).toEqual(['30']);
  expect(film.entries.filter(({ isUsed }) => isUsed === false)).toHaveLength(5);
});
