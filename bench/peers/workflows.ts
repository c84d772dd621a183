import { proxyActivities } from '@temporalio/workflow';
import { stepsOf } from '../../workflows/shared/steps.ts';
import type { Step } from './contract.ts';

/** The four calls, each by the purchase's id. */
export type PurchaseSteps = Readonly<Record<Step, (id: string) => Promise<string>>>;

const regular = proxyActivities<PurchaseSteps>({ startToCloseTimeout: '10s' });

/** What a first attempt looks like: one activity a call, one after the other. */
export async function naivePurchase(id: string): Promise<void> {
  await regular.hold(id);
  await regular.debit(id);
  await regular.confirm(id);
  await regular.settle(id);
}

const local = stepsOf<PurchaseSteps>({
  hold: 'Hold at the exporter',
  debit: 'Debit the buyer',
  confirm: 'Confirm at the exporter',
  settle: 'Settle',
});

/** The product's way: local activities, each with a regular one behind it. */
export async function barePurchase(id: string): Promise<void> {
  await local.hold(id);
  await local.debit(id);
  await local.confirm(id);
  await local.settle(id);
}
