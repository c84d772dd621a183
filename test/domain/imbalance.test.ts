import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  exposureOf,
  judgeImbalance,
  percentOfLimit,
  type Imbalance,
  type SignalAction,
  type SignalOrigin,
} from '../../domain/imbalance/verdict.ts';
import { minor } from '../../domain/shared/money.ts';

const LIMIT = minor(1_000_00n);
const thresholds = { alert: 80, disable: 100, enable: 90 };

const at = (exposure: bigint, change: Partial<Imbalance> = {}): Imbalance => ({
  ...{ exposure: minor(exposure), limit: LIMIT, thresholds, alerted: false },
  ...change,
});

type Row = readonly [
  before: readonly [exposure: bigint, disabledBy: SignalOrigin | undefined, alerted: boolean],
  after: readonly [signal: SignalAction | undefined, alert: boolean, alerted: boolean],
];

const TABLE: readonly Row[] = [
  [
    [0n, undefined, false],
    [undefined, false, false],
  ],
  [
    [799_99n, undefined, false],
    [undefined, false, false],
  ],
  [
    [800_00n, undefined, false],
    [undefined, true, true],
  ],
  [
    [800_00n, undefined, true],
    [undefined, false, true],
  ],
  [
    [799_99n, undefined, true],
    [undefined, false, false],
  ],
  [
    [1_000_00n, undefined, true],
    [undefined, false, true],
  ],
  [
    [1_000_01n, undefined, true],
    ['DISABLE', false, true],
  ],
  [
    [1_000_01n, undefined, false],
    ['DISABLE', true, true],
  ],
  [
    [1_000_01n, 'AUTOMATIC', true],
    [undefined, false, true],
  ],
  [
    [900_01n, 'AUTOMATIC', true],
    [undefined, false, true],
  ],
  [
    [900_00n, 'AUTOMATIC', true],
    ['ENABLE', false, true],
  ],
  [
    [-5_00n, 'AUTOMATIC', true],
    ['ENABLE', false, false],
  ],
  [
    [0n, 'OPERATOR', false],
    [undefined, false, false],
  ],
  [
    [2_000_00n, 'OPERATOR', true],
    [undefined, false, true],
  ],
];

describe('the verdict on a pair', () => {
  test.each(TABLE)('%p gives %p', ([exposure, disabledBy, before], [signal, alert, alerted]) => {
    expect(judgeImbalance(at(exposure, { disabledBy, alerted: before }))).toEqual({
      ...{ alert, alerted },
      ...(signal !== undefined && { signal }),
    });
  });

  test('a limit of zero is passed by the first minor unit and not before', () => {
    const limit = minor(0n);
    expect(judgeImbalance(at(0n, { limit }))).toEqual({ alert: false, alerted: false });
    expect(judgeImbalance(at(1n, { limit })).signal).toBe('DISABLE');
  });

  test('signals alternate, and none is repeated while nothing changes', () => {
    const amounts = fc.array(fc.bigInt({ min: -2_000_00n, max: 3_000_00n }), { maxLength: 50 });
    fc.assert(
      fc.property(amounts, (exposures) => {
        let disabledBy: 'AUTOMATIC' | undefined;
        let alerted = false;
        for (const exposure of exposures) {
          for (const round of [1, 2]) {
            const verdict = judgeImbalance(at(exposure, { disabledBy, alerted }));
            if (round === 2) expect(verdict).toEqual({ alert: false, alerted });
            expect(verdict.signal).not.toBe(disabledBy === undefined ? 'ENABLE' : 'DISABLE');
            if (verdict.signal !== undefined) {
              disabledBy = verdict.signal === 'DISABLE' ? 'AUTOMATIC' : undefined;
            }
            alerted = verdict.alerted;
          }
          expect(disabledBy === undefined ? exposure <= LIMIT : exposure > 900_00n).toBe(true);
        }
      }),
    );
  });
});

test('exposure is exports minus imports plus holds, minus received plus paid', () => {
  const parts = { exports: 500n, imports: 120n, reserved: 30n };
  expect(exposureOf({ ...parts, settlementsReceived: 200n, settlementsPaid: 15n })).toBe(225n);
});

test.each([
  [0n, 100n, '0.0'],
  [999n, 1_000n, '99.9'],
  [1_001n, 1_000n, '100.1'],
  [-55n, 1_000n, '-5.5'],
  [1n, 0n, undefined],
] as const)('%p of %p is %p percent', (exposure, limit, percent) => {
  expect(percentOfLimit(exposure, limit)).toBe(percent);
});
