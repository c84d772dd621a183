import type { EventResult } from '../../domain/telemetry/events.ts';
import type { Metrics } from '../../runtime/metrics.ts';

/** The promise that every event is signed and correlated (DESIGN.md 7): what breaks it is counted. */
export function measureIntake(metrics: Metrics): (result: EventResult, reason: string) => void {
  const events = metrics.counter({
    name: 'telemetry_events_total',
    help: 'Events that white labels reported, by how they were taken and why they were set aside',
    labelNames: ['result', 'reason'],
  });
  return (result, reason) => events.inc({ result, reason });
}
