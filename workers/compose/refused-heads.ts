import type { GovernanceDeps } from '../../activities/governance/deps.ts';
import type { ProcessParts } from './process.ts';

/** A chain that contradicts what we saw of it means that somebody changed what was written down. */
export function tellOfRefusedHeads({
  log,
  metrics,
}: Pick<ProcessParts, 'log' | 'metrics'>): GovernanceDeps['onHeadRefused'] {
  const counter = metrics.counter({
    name: 'audit_heads_refused_total',
    help: "Pulled heads of the Control Plane's audit chain that were not believed",
    labelNames: ['refusal'],
  });
  return ({ refusal, seq, hash }) => {
    counter.inc({ refusal });
    log.error({ refusal, seq, hash }, "the head of the Control Plane's audit chain was refused");
  };
}
