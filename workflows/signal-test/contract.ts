/** Starts as `signalTest` on the Control Plane's queue: does a gateway take signals at all? */
export const SIGNAL_TEST = 'signalTest';

export interface SignalTestInput {
  /** The row that the answer is written to. */
  readonly testId: string;
  readonly wlId: string;
  readonly correlationId: string;
}

export interface SignalTestResult {
  readonly testId: string;
  readonly wlId: string;
  readonly taken: boolean;
  readonly status?: number;
  readonly failure?: string;
  readonly latencyMs: number;
}

export interface SignalTestActivities {
  /** Sends a signal of the action TEST, once; a gateway that fails is an answer and no error. */
  testGateway(input: SignalTestInput): Promise<SignalTestResult>;
}

/** `signal-test/<testId>`: each question is asked once. */
export function signalTestWorkflowId(testId: string): string {
  return `signal-test/${testId}`;
}
