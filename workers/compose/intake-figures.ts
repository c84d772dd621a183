import type { TakenEvent } from '../../api/cp/deps.ts';
import { currentCorrelation } from '../../runtime/correlation.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Tracing } from '../../runtime/tracing.ts';

/**
 * The promise that every event is signed and correlated (DESIGN.md 7): what breaks it is counted. A
 * span each names the correlation id of the purchase, by which its own trace is found: a batch
 * belongs to many purchases, so the trace of the request can be none of theirs.
 */
export function measureIntake(
  metrics: Metrics,
  tracing: Tracing | undefined,
): (event: TakenEvent) => void {
  const events = metrics.counter({
    name: 'telemetry_events_total',
    help: 'Events that white labels reported, by how they were taken and why they were set aside',
    labelNames: ['result', 'reason'],
  });
  return ({ result, reason, correlationId }) => {
    events.inc({ result, reason });
    if (tracing === undefined) return;
    const span = tracing.start({
      name: 'event',
      kind: 'consumer',
      parent: currentCorrelation()?.traceparent,
      correlationId,
      attributes: { 'xpory.event.result': result },
    });
    span.end(reason === 'none' ? undefined : reason);
  };
}
