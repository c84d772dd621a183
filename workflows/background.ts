// What keeps a WL in step with its Control Plane and its partners; part of the WL's bundle.
export { importNow, offerSync } from './offer-sync/workflow.ts';
export { policySync } from './policy-sync/workflow.ts';
export { telemetryRelay } from './telemetry-relay/workflow.ts';
