import { sql, type RawBuilder } from 'kysely';
import { HOLD_STATES, moveHold } from '../domain/purchase/hold.ts';
import { isLegalMove, TRADE_STATES, TRADE_STEPS } from '../domain/purchase/trade.ts';
import {
  checkParties,
  type Facts,
  type Invariant,
  type Statements,
  type Violation,
} from './invariant.ts';

/** Rows move only along the tables of states, one version at a time, and are where they moved to. */
export const transitions: Invariant = {
  number: 6,
  title: 'only transitions of the tables, versions without gaps',
  check: (run) => checkParties(run, statements),
};

interface Move {
  readonly from: string;
  readonly step: string;
  readonly to: string;
}

/** Holds have no named steps: their states alone say what happened. */
const HOLD_STEP = 'move';

const HOLD_MOVES: readonly Move[] = (['NEW', ...HOLD_STATES] as const).flatMap((from) =>
  HOLD_STATES.filter((to) => moveHold(from, to).ok).map((to) => ({ from, step: HOLD_STEP, to })),
);

const TRADE_MOVES: readonly Move[] = [
  { from: 'NEW', step: 'request', to: 'REQUESTED' },
  { from: 'NEW', step: 'request', to: 'REJECTED' },
  ...TRADE_STATES.flatMap((from) =>
    TRADE_STEPS.flatMap((step) =>
      TRADE_STATES.filter((to) => isLegalMove(from, step, to)).map((to) => ({ from, step, to })),
    ),
  ),
];

interface Chain {
  readonly name: 'hold' | 'trade';
  readonly id: 'hold_id' | 'trade_id';
  readonly step: RawBuilder<string>;
  readonly moves: readonly Move[];
}

const CHAINS: readonly Chain[] = [
  { name: 'hold', id: 'hold_id', step: sql`${HOLD_STEP}::text`, moves: HOLD_MOVES },
  { name: 'trade', id: 'trade_id', step: sql`step`, moves: TRADE_MOVES },
];

function statements(_facts: Facts): Statements {
  return {
    scanned: sql`
      SELECT count(*) FROM trade_transition UNION ALL SELECT count(*) FROM hold_transition`,
    violations: CHAINS.flatMap((chain) => [brokenLink(chain), brokenEnd(chain)]),
  };
}

/** A parked row leaves to the state that it came from: that of the transition before. */
function brokenLink({ name, id, step, moves }: Chain): RawBuilder<Violation> {
  const column = (pick: (move: Move) => string) => sql`${moves.map(pick)}::text[]`;
  return sql`
    SELECT concat(${name}::text, ' ', id, ' version ', version) AS subject,
           concat(from_state, ' -', step, '-> ', to_state, ' after version ', version_before, ' ',
             state_before) AS detail
      FROM (SELECT ${sql.ref(id)} AS id, version, from_state, ${step} AS step, to_state,
                   lag(version) OVER chain AS version_before,
                   lag(to_state) OVER chain AS state_before,
                   lag(from_state) OVER chain AS parked_from
              FROM ${sql.table(`${name}_transition`)}
            WINDOW chain AS (PARTITION BY ${sql.ref(id)} ORDER BY version)) AS link
     WHERE version <> coalesce(version_before, 0) + 1
        OR from_state <> coalesce(state_before, 'NEW')
        OR (from_state, step, to_state) NOT IN (
             SELECT * FROM unnest(${column((move) => move.from)}, ${column((move) => move.step)},
                                  ${column((move) => move.to)}))
        OR (step = 'unpark' AND to_state IS DISTINCT FROM parked_from)`;
}

/** The row stands at its last transition, and every row has one. */
function brokenEnd({ name, id }: Chain): RawBuilder<Violation> {
  return sql`
    SELECT concat(${name}::text, ' ', row.${sql.ref(id)}) AS subject,
           concat('version ', row.version, ' ', row.state, ', but the last transition is ',
             last.version, ' ', last.to_state) AS detail
      FROM ${sql.table(name)} AS row
      LEFT JOIN (SELECT DISTINCT ON (${sql.ref(id)}) ${sql.ref(id)}, version, to_state
                   FROM ${sql.table(`${name}_transition`)}
                  ORDER BY ${sql.ref(id)}, version DESC) AS last USING (${sql.ref(id)})
     WHERE (row.version, row.state) IS DISTINCT FROM (last.version, last.to_state)`;
}
