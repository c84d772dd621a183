export { SETTLEMENT_DELIVERY, settlementWorkflowId } from '../../domain/work/settlement-orders.ts';

/** One side of a confirmed settlement: the payer, or once it has paid the payee. Ids only. */
export interface SettlementDeliveryInput {
  readonly settlementId: string;
  readonly wlId: string;
  readonly correlationId: string;
}

export interface SettlementDeliveryState {
  /** GONE: there is no such delivery (any more), so there is nothing to wait for. */
  readonly state: 'DUE' | 'APPLIED' | 'GONE';
}

export interface SettlementDeliveryActivities {
  readSettlementDelivery(input: SettlementDeliveryInput): Promise<SettlementDeliveryState>;
  /** Tells people, once, that a WL has not applied a settlement in the time that it may take. */
  reportUnsettled(input: SettlementDeliveryInput): Promise<void>;
  /** The order is done; the sweep starts it no more. */
  finishSettlementDelivery(input: SettlementDeliveryInput): Promise<void>;
}
