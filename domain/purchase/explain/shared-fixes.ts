import type { Relationship } from '../../policy/relationship.ts';
import { parseFactor, type Rate } from '../../shared/fx.ts';
import { invariant } from '../../shared/invariant.ts';
import { minor, type Minor } from '../../shared/money.ts';
import type { Fix } from './change.ts';

/** The same purchase for another number of units. */
export function quantityFix<F extends { readonly quantity: number }>(
  facts: F,
  quantity: number,
): Fix<F> {
  return {
    change: { kind: 'ORDER_QUANTITY', field: 'quantity', from: facts.quantity, to: quantity },
    after: { ...facts, quantity },
  };
}

/**
 * The least relationship that lets a purchase through: ACTIVE with this limit (exporter's minor
 * units). Its rate is whatever the parties agree on: no rule of the exporter looks at it.
 */
export function newRelationship(importer: string, limit: Minor): Relationship {
  return {
    ...{ src: '', dst: importer, revision: 0, status: 'ACTIVE', fxRate: factor('1') },
    ...{ limit, limitMode: 'HARD', commissionRate: factor('0') },
    approval: { mode: 'AUTO', above: minor(0n) },
  };
}

function factor(text: string): Rate {
  const read = parseFactor(text);
  invariant(read.ok, 'a constant factor is one');
  return read.value;
}
