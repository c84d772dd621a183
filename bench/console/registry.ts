import type { Pair } from '../../db/cp/relationship.ts';
import type { ControlPlane } from './control-plane.ts';

/** Who trades with whom: the same in both databases, for only what happens grows. */
export interface Registry {
  readonly wls: readonly RegisteredWl[];
  /** Directions in which there is trade, the busiest first. */
  readonly pairs: readonly Pair[];
}

export interface RegisteredWl {
  readonly id: string;
  readonly name: string;
  readonly currency: string;
}

const WLS = 8;
/** Each sells to its neighbours on both sides and to the one across: 24 directions. */
const STEPS = [1, WLS - 1, WLS / 2];
const OPERATORS = 4;
const ROLES = ['operator', 'risk', 'support', 'auditor'] as const;
/** Nobody's limit is reached: a signal is a row here, and not the subject. */
const LIMIT_AMOUNT = '100000000.00';
const A = 'A'.charCodeAt(0);

/** Registers white labels, relationships and people through the API, as an operator would. */
export async function openRegistry(plane: ControlPlane): Promise<Registry> {
  const { web, token: bearer } = plane;
  const wls = Array.from({ length: WLS }, (_, index) => ({
    id: `00000000-0000-4000-8000-${String(index + 1).padStart(12, '0')}`,
    name: `Mercado ${String.fromCharCode(A + index)}`,
    currency: `X${String.fromCharCode(A + index)}X`,
  }));
  for (const { id, name, currency } of wls) {
    await web.need('/admin/api/wls', {
      method: 'POST',
      bearer,
      body: { id, name, currency, status: 'active' },
    });
  }
  const pairs = STEPS.flatMap((step) =>
    wls.map((src, index) => {
      const dst = wls[(index + step) % WLS];
      if (dst === undefined) throw new Error('the ring of white labels is closed');
      return { src: src.id, dst: dst.id };
    }),
  );
  for (const { src, dst } of pairs) {
    await web.need(`/admin/api/relationships/${src}/${dst}`, {
      method: 'PUT',
      bearer,
      body: {
        ...{ status: 'active', fxRate: '1.23456789', limitAmount: LIMIT_AMOUNT },
        ...{ updatedBy: 'bench', updatedSource: 'bench' },
      },
    });
  }
  for (let index = 0; index < OPERATORS; index += 1) {
    await web.need('/admin/api/users', {
      method: 'POST',
      bearer,
      body: {
        email: `person${index}@xpory.local`,
        password: 'a-long-enough-password',
        roles: [ROLES[index % ROLES.length]],
      },
    });
  }
  return { wls, pairs };
}
