// The workflow bundle of the Control Plane's worker.
export { alertDelivery } from './alert-delivery/workflow.ts';
export { approvalRelay } from './approval-relay/workflow.ts';
export { approvalReminder } from './approval-reminder/workflow.ts';
export { certificateRenewal } from './certificate-renewal/workflow.ts';
export { compensationPlan } from './compensation-plan/workflow.ts';
export { policyRevision } from './policy-revision/workflow.ts';
export { signalDispatch } from './signal-dispatch/workflow.ts';
export { signalTest } from './signal-test/workflow.ts';
export { settlementDelivery } from './settlement-delivery/workflow.ts';
export { reconcile } from './reconcile/workflow.ts';
export { retention } from './retention/workflow.ts';
export { snapshotSync } from './snapshot-sync/workflow.ts';
export { workSweep } from './work-sweep/workflow.ts';
