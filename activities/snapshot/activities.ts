import { ApplicationFailure, cancellationSignal } from '@temporalio/activity';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import {
  SNAPSHOT_UNAVAILABLE,
  type SnapshotActivities,
  type SnapshotKind,
} from '../../workflows/snapshot-sync/contract.ts';
import { CORRELATION_HEADER } from '../../runtime/correlation.ts';
import { wlSubjectUri } from '../../runtime/tls.ts';
import { callJson } from '../clients/agent.ts';

export interface SnapshotItem {
  readonly id: string;
  readonly name: string;
  readonly activeOffers: number;
}

export interface SnapshotDeps {
  readonly agent: Dispatcher;
  readonly peerUrlOf: (wlId: string) => Promise<string | undefined>;
  readonly store: (request: {
    readonly wlId: string;
    readonly kind: SnapshotKind;
    readonly items: readonly SnapshotItem[];
  }) => Promise<{ readonly activeOffers: number; readonly syncedAt: Date }>;
}

const PATHS: Readonly<Record<SnapshotKind, string>> = {
  CATEGORIES: '/api/v2/trader/offer-categories',
  ENTITIES: '/api/v2/trader/entities',
};
const CALL_TIMEOUT_MS = 5_000;
// A marketplace with more categories or entities than this needs pages first.
const MAX_ITEMS = 10_000;
const MAX_TEXT = 300;

// Fields that a newer exporter adds are none of our business.
const answerShape = z.object({
  items: z
    .array(
      z.object({
        id: z.string().min(1).max(MAX_TEXT),
        name: z.string().max(MAX_TEXT),
        activeOffers: z.number().int().min(0),
      }),
    )
    .max(MAX_ITEMS),
});

/** Reads a snapshot over mTLS with the Control Plane's certificate and replaces the stored one. */
export function createSnapshotActivities(deps: SnapshotDeps): SnapshotActivities {
  return {
    async refreshSnapshot({ wlId, kind, correlationId }) {
      const peerUrl = await deps.peerUrlOf(wlId);
      if (peerUrl === undefined) {
        throw ApplicationFailure.nonRetryable(
          `${wlId} has not registered an endpoint`,
          SNAPSHOT_UNAVAILABLE,
        );
      }
      const answer = await callJson({
        agent: deps.agent,
        partner: wlSubjectUri(wlId),
        method: 'GET',
        url: new URL(PATHS[kind], peerUrl).href,
        headers: { [CORRELATION_HEADER]: correlationId },
        timeoutMs: CALL_TIMEOUT_MS,
        signal: cancellationSignal(),
      });
      const parsed = answerShape.safeParse(answer.body);
      if (answer.status !== 200 || !parsed.success) {
        throw ApplicationFailure.retryable(
          `${wlId} answered ${answer.status} without a usable list`,
          SNAPSHOT_UNAVAILABLE,
        );
      }
      const { items } = parsed.data;
      const stored = await deps.store({ wlId, kind, items: unique(items) });
      return {
        count: unique(items).length,
        activeOffers: stored.activeOffers,
        syncedAt: stored.syncedAt.toISOString(),
      };
    },
  };
}

/** The first one of an id counts. */
function unique(items: readonly SnapshotItem[]): SnapshotItem[] {
  const byId = new Map<string, SnapshotItem>();
  for (const item of items) if (!byId.has(item.id)) byId.set(item.id, item);
  return [...byId.values()];
}
