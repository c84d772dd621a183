import { cancellationSignal, heartbeat, log } from '@temporalio/activity';
import type { Kysely } from 'kysely';
import { readToken } from '../../db/wl/control-tokens.ts';
import type { OwnWl } from '../../db/wl/imported-offers.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { answerOf, continueSignal, markSignalAcked } from '../../db/wl/signals.ts';
import type { Sealer } from '../../db/sealed.ts';
import { invariant } from '../../domain/shared/invariant.ts';
import { CONTROL_PLANE } from '../../runtime/tokens.ts';
import type { SignalApplyActivities } from '../../workflows/signal-apply/contract.ts';
import type { ControlPlaneClient } from '../clients/control-plane.ts';

export interface SignalApplyDeps {
  readonly db: Kysely<WlTables>;
  readonly sealer: Sealer;
  readonly own: OwnWl;
  readonly controlPlane: Pick<ControlPlaneClient, 'ackSignal'>;
}

/** The steps of `signalApply`. */
export function createSignalApplyActivities(deps: SignalApplyDeps): SignalApplyActivities {
  const { db, own } = deps;
  return {
    async finishSignal({ signalId }) {
      for (;;) {
        const { kind } = await continueSignal(db, own, signalId);
        if (kind !== 'MORE') return { isInForce: kind === 'DONE' };
        heartbeat(kind);
        cancellationSignal().throwIfAborted();
      }
    },
    async ackSignal({ signalId }) {
      const answer = await answerOf(db, signalId);
      invariant(answer !== undefined, 'a signal is acked once it is done');
      const stored = await readToken(db, deps.sealer, 'WL', CONTROL_PLANE);
      if (stored === undefined) throw new Error('there is no token to ack with yet');
      const isKnown = await deps.controlPlane.ackSignal(stored.token, signalId, answer);
      // A Control Plane that was restored from a backup does not ask for it any more.
      if (!isKnown) log.warn('the Control Plane does not know the signal that is acked');
      await markSignalAcked(db, signalId);
    },
  };
}
