import type { StepScenario } from './run.ts';
import {
  alertDelivery,
  approvalRelay,
  compensationPlan,
  policyRevision,
  settlementDelivery,
  snapshotSync,
} from './governing.ts';
import { certificateRenewal } from './shared.ts';
import { signalApply, signalDispatch, signalTest } from './signals.ts';
import {
  holdTidy,
  importNow,
  offerSync,
  orphanSweep,
  policySync,
  telemetryRelay,
  warmUp,
} from './trading.ts';
import { approvalReminder, reconcile, retention, workSweep } from './upkeep.ts';

/** On the whole stack; those of one party run one after the other, in this order. */
export const STEP_SCENARIOS: readonly StepScenario[] = [
  ...[signalDispatch, signalTest, snapshotSync, workSweep, reconcile, approvalReminder],
  ...[certificateRenewal('cp'), retention, alertDelivery, approvalRelay, settlementDelivery],
  ...[compensationPlan, policyRevision],
  ...[orphanSweep, signalApply, offerSync, importNow, telemetryRelay],
  ...[warmUp, holdTidy, certificateRenewal('exporter'), policySync],
];
