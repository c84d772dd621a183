import type { Kysely } from 'kysely';
import type { Sealer } from '../../db/sealed.ts';
import type { OwnWl } from '../../db/wl/imported-offers.ts';
import type { HeadRefusal } from '../../domain/audit/head.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import type { Logger } from '../../runtime/log.ts';
import type { ControlPlaneClient } from '../clients/control-plane.ts';
import type { KeySource } from '../clients/jwks.ts';

export interface RefusedHead {
  readonly refusal: HeadRefusal;
  readonly seq: string;
  readonly hash: string;
}

export interface GovernanceDeps {
  readonly db: Kysely<WlTables>;
  readonly sealer: Sealer;
  readonly controlPlane: ControlPlaneClient;
  readonly keys: Pick<KeySource, 'refresh' | 'keysFor'>;
  /** A head of the Control Plane's audit chain that can't be believed: somebody has to know. */
  readonly onHeadRefused: (refused: RefusedHead) => void;
  readonly own: OwnWl;
  /** Where partners and the Control Plane reach this WL over TLS. */
  readonly peerUrl: string;
  readonly cpUrl: string;
  /** Of the certificate that we show; tokens are bound to it. */
  readonly thumbprint: () => string;
  readonly clock: () => Date;
  readonly log: Pick<Logger, 'warn'>;
}
