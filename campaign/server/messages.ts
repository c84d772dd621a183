import type { CampaignPoint } from '../faults.ts';

/** From a process of workers to the campaign. */
export type FromHost =
  /** Its code is loaded; it takes no work yet. */
  | { readonly kind: 'loaded' }
  | { readonly kind: 'polling' }
  /** A pull of policies was asked for. */
  | { readonly kind: 'pull' }
  /** It stands at a point until it is let go, stopped or killed. */
  | {
      readonly kind: 'pass';
      readonly id: number;
      readonly point: CampaignPoint;
      readonly label: string;
    };

/** From the campaign to a process of workers. */
export type ToHost =
  | { readonly kind: 'begin' }
  | { readonly kind: 'on'; readonly id: number; readonly failure?: PointFailure }
  /** Makes the call of that point once more. */
  | { readonly kind: 'send'; readonly id: number };

/** What is thrown at a point. */
export interface PointFailure {
  readonly message: string;
  /** As a call that failed in this phase; else an error of the process itself. */
  readonly phase?: 'connect' | 'timeout';
}
