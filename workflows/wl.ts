// The workflow bundle of a white label's processes.
export { approval } from './approval/workflow.ts';
export { certificateRenewal } from './certificate-renewal/workflow.ts';
export { holdTidy } from './hold-tidy/workflow.ts';
export { orphanSweep } from './orphan-sweep/workflow.ts';
export { purchase } from './purchase/workflow.ts';
export { reversal } from './reversal/workflow.ts';
export { signalApply } from './signal-apply/workflow.ts';
export { warmUp } from './warm-up/workflow.ts';
export * from './background.ts';
