import type { Kysely } from 'kysely';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import {
  readDecision,
  remindOfApprovals,
  settleApproval,
  type ApprovalDecision,
} from '../../db/cp/approval.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { finishWork } from '../../db/cp/work-order.ts';
import { TRADER_STATUSES } from '../../domain/purchase/hold.ts';
import { correlationHeaders, runningTrace, withCorrelation } from '../../runtime/correlation.ts';
import {
  approvalRelayId,
  type ApprovalRelayActivities,
  type ApprovalRelayInput,
  type ApprovalRelayResult,
} from '../../workflows/approval-relay/contract.ts';
import type { ApprovalReminderActivities } from '../../workflows/approval-reminder/contract.ts';
import { wlSubjectUri } from '../../runtime/tls.ts';
import { callJson, type CallAnswer } from '../clients/agent.ts';
import { correlated } from '../correlated.ts';

export interface ApprovalRelayDeps {
  readonly db: Kysely<CpSchema>;
  readonly agent: Dispatcher;
  /** Where the exporter said it is reached; undefined while it has not said so. */
  readonly peerUrlOf: (wlId: string) => Promise<string | undefined>;
  /** Starts the alerts that a notification has ordered. */
  readonly work: { readonly kick: () => void };
}

// The exporter decides in one transaction; a slower answer is asked for again.
const RELAY_TIMEOUT_MS = 5_000;
/**
 * Answers that asking again does not change: there is no such purchase, it does not wait, or the
 * decision is not understood. A missing certificate or right may be mended, so it is asked again.
 */
const REFUSALS: ReadonlySet<number> = new Set([404, 409, 422]);

const answerShape = z.object({
  status: z.enum(TRADER_STATUSES),
  reason: z.string().optional(),
});
const refusalShape = z.object({ code: z.string() });

/** The steps of `approvalRelay` and `approvalReminder`. */
export function createApprovalRelayActivities(
  deps: ApprovalRelayDeps,
): ApprovalRelayActivities & ApprovalReminderActivities {
  const { db } = deps;
  return {
    async relayDecision(input) {
      const row = await readDecision(db, input);
      if (row === undefined) return { state: 'NOTHING_TO_DO' };
      if (row.state !== 'RELAYING') return resultOf(row.state, row.outcome_status);
      const { correlationId } = input;
      const answer = await withCorrelation({ correlationId, traceparent: runningTrace() }, () =>
        send(deps, input, row),
      );
      const outcome = outcomeOf(answer, input.exporter);
      await settleApproval(db, input, outcome);
      if (outcome.state === 'REFUSED') deps.work.kick();
      return resultOf(outcome.state, outcome.status);
    },
    async finishRelay(input) {
      await finishWork(db, approvalRelayId(input));
    },
    remindOfWaiting: () =>
      correlated(async (id) => {
        const reminded = await remindOfApprovals(db, id);
        if (reminded > 0) deps.work.kick();
        return { reminded };
      }),
  };
}

async function send(
  { agent, peerUrlOf }: ApprovalRelayDeps,
  { importer, exporter, tradeId }: ApprovalRelayInput,
  { decision, reason }: ApprovalDecision,
): Promise<CallAnswer> {
  const peerUrl = await peerUrlOf(exporter);
  if (peerUrl === undefined) throw new Error(`${exporter} has not registered its endpoint`);
  const verb = decision === 'APPROVE' ? 'approve' : 'reject';
  const path = `/api/v2/trader/purchases/${encodeURIComponent(tradeId)}/${verb}`;
  return callJson({
    agent,
    partner: wlSubjectUri(exporter),
    method: 'POST',
    url: new URL(path, peerUrl).href,
    headers: correlationHeaders(),
    body: { requesterWlId: importer, ...(reason === null ? {} : { reason }) },
    timeoutMs: RELAY_TIMEOUT_MS,
  });
}

function outcomeOf({ status, body }: CallAnswer, exporter: string) {
  if (status === 200) {
    const answer = answerShape.parse(body);
    if (answer.status === 'PENDING') throw new Error(`${exporter} has not decided yet`);
    return { state: 'SETTLED', status: answer.status, reason: answer.reason ?? null } as const;
  }
  if (!REFUSALS.has(status)) throw new Error(`${exporter} answered the decision with ${status}`);
  const refusal = refusalShape.safeParse(body);
  const code = refusal.success ? refusal.data.code : String(status);
  return { state: 'REFUSED', status: code, reason: null } as const;
}

function resultOf(
  state: Exclude<ApprovalRelayResult['state'], 'NOTHING_TO_DO'>,
  status: string | null,
): ApprovalRelayResult {
  return { state, ...(status === null ? {} : { status }) };
}
