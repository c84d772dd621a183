import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createControlPlaneClient } from '../../activities/clients/control-plane.ts';
import { createGovernanceActivities } from '../../activities/governance/activities.ts';
import type { RefusedHead } from '../../activities/governance/deps.ts';
import type { Logger } from '../../runtime/log.ts';
import type { CampaignParty } from '../party.ts';

export interface PullOptions {
  readonly cpUrl: string;
  readonly clock: () => Date;
  readonly log: Logger;
  /** A head of the Control Plane's audit chain that was not believed. */
  readonly onHeadRefused: (refused: RefusedHead) => void;
}

const SILENT = new DefaultLogger('ERROR');

/** The step by which a white label pulls, applies and reports what governs it. */
export function pullOf(
  { config, node, url }: CampaignParty,
  { cpUrl, clock, log, onHeadRefused }: PullOptions,
): () => Promise<void> {
  const { agent, tls, database, keys, thumbprint } = node;
  const { id: wlId, currency } = config.wl;
  const authorities = (): string => tls.current().ca;
  const controlPlane = createControlPlaneClient({ agent, cpUrl, wlId, authorities });
  const { pullPolicies } = createGovernanceActivities({
    ...{ db: database.db, sealer: database.sealer, controlPlane, keys, onHeadRefused },
    ...{ own: { wlId, currency }, peerUrl: url, cpUrl, thumbprint, clock, log },
  });
  return async () => {
    await new MockActivityEnvironment(undefined, { logger: SILENT }).run(pullPolicies);
  };
}
