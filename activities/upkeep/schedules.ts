import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';

/** A workflow without arguments that runs again and again; `id` names it in the engine's UI. */
export interface UpkeepSchedule {
  readonly id: string;
  /** The workflow's type. */
  readonly workflow: string;
  readonly everySeconds: number;
  readonly taskQueue: string;
}

/** A run that hangs, such as on a queue without workers, ends before it can hide the next ones. */
const RUN_TIMEOUT = '10 minutes';
/** After an outage of the engine one run catches up with everything: older ones are pointless. */
const CATCH_UP_WINDOW = '1 minute';

/**
 * Makes the schedules of a WL, or brings existing ones to the given workflow and interval; processes
 * that start together may all call it. A run that is still going is not joined by a second one.
 */
export async function ensureSchedules(
  client: Pick<Client, 'schedule'>,
  schedules: readonly UpkeepSchedule[],
): Promise<void> {
  for (const schedule of schedules) await ensureSchedule(client, schedule);
}

async function ensureSchedule(
  client: Pick<Client, 'schedule'>,
  schedule: UpkeepSchedule,
): Promise<void> {
  const { spec, action, policies } = optionsOf(schedule);
  try {
    await client.schedule.create({ scheduleId: schedule.id, spec, action, policies });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const handle = client.schedule.getHandle(schedule.id);
    await handle.update((current) => ({ ...current, spec, action, policies }));
  }
}

type Options = Required<Pick<ScheduleOptions, 'spec' | 'action' | 'policies'>>;

function optionsOf({ id, workflow, everySeconds, taskQueue }: UpkeepSchedule): Options {
  return {
    spec: { intervals: [{ every: `${everySeconds} seconds` }] },
    action: {
      type: 'startWorkflow',
      workflowType: workflow,
      workflowId: id,
      taskQueue,
      args: [],
      workflowRunTimeout: RUN_TIMEOUT,
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP_WINDOW },
  };
}
