import type { z } from 'zod';
import type {
  redriveView,
  signalDetailsView,
  signalView,
  testView,
} from '../../../../api/cp/signals/schemas.ts';

export const SIGNALS = '/imbalance/signals';

export type Signal = z.output<typeof signalView>;
export type SignalDetails = z.output<typeof signalDetailsView>;
export type Delivery = SignalDetails['deliveries'][number];
export type Attempt = Delivery['attempts'][number];
export type Redriven = z.output<typeof redriveView>;
export type Tested = z.output<typeof testView>;

/** Deliveries that still wait for the white label's word. */
export const OPEN_STATES: readonly string[] = ['PENDING', 'SENT'];
