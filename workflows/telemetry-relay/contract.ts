/** Sends what this WL reports to the Control Plane; one run a WL, on the background queue. */
export const TELEMETRY_RELAY = 'telemetryRelay';
export const TELEMETRY_RELAY_ID = 'telemetry-relay';

/** What one run of the relay has brought over, by what became of it at the Control Plane. */
export interface RelayRun {
  readonly accepted: number;
  /** Sent once before, with the answer lost. */
  readonly duplicate: number;
  /** Refused and kept aside there; an operator looks at them. */
  readonly quarantined: number;
}

export interface TelemetryRelayActivities {
  /** Drains the outbox for some minutes; at least once, oldest first, a batch after an answer. */
  relayEvents(): Promise<RelayRun>;
}
