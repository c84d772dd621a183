export { COMPENSATION_PLAN, planWorkflowId } from '../../domain/work/settlement-orders.ts';

/** The nth plan of a pair, exporter to importer. */
export interface PlanRefInput {
  readonly src: string;
  readonly dst: string;
  readonly n: number;
}

export interface CompensationPlanInput extends PlanRefInput {
  readonly correlationId: string;
}

export interface CompensationPlanResult {
  readonly state: 'CLOSED' | 'CANCELLED' | 'GONE';
}

/** What the rows say; amounts are decimal strings in src's currency, for the details in the UI. */
export type CompensationPlanState =
  | CompensationPlanResult
  | {
      readonly state: 'OPEN';
      readonly needed: string;
      readonly compensated: string;
      /** The first step that is not judged; absent once the last deadline has been missed. */
      readonly next?: { readonly step: number; readonly dueAtMs: number; readonly amount: string };
    };

export interface CompensationPlanActivities {
  readCompensationPlan(plan: PlanRefInput): Promise<CompensationPlanState>;
  /** Judges a step whose time has come, once; a missed one is told to people. */
  judgeDeadline(step: CompensationPlanInput & { readonly step: number }): Promise<void>;
  /** The order is done; the sweep starts it no more. */
  finishCompensationPlan(plan: PlanRefInput): Promise<void>;
}
