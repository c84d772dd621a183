import type { TradeState } from '../../domain/purchase/trade.ts';

/** What is killed; the last one is not killed but stopped and woken (SIGSTOP, SIGCONT). */
export const KILL_TARGETS = [
  'importer-gateway',
  'importer-worker',
  'exporter-gateway',
  'postgres',
  'temporal',
  'importer-gateway-stopped',
] as const;
export type KillTarget = (typeof KILL_TARGETS)[number];

/** States that a kill has to be seen in: nothing moves on from them without a process. */
export const WANTED_STATES = ['REQUESTED', 'FUNDED', 'UNCERTAIN', 'AWAITING_APPROVAL'] as const;
export type WantedState = (typeof WANTED_STATES)[number] & TradeState;

/** The supervised process behind a target. */
export function processOf(target: KillTarget): string {
  return target === 'importer-gateway-stopped' ? 'importer-gateway' : target;
}
