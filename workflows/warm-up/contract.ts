/** Runs the parts of a purchase's first task that are slow only once; ends at once. */
export const WARM_UP_WORKFLOW = 'warmUp';

/** `warm-up/<process>/<round>`: a repeated start replaces what an earlier one left. */
export function warmUpWorkflowId(processId: string, round: number): string {
  return `warm-up/${processId}/${round}`;
}

export interface WarmUpActivities {
  /** A look at the database's clock. */
  touch(): Promise<void>;
}
