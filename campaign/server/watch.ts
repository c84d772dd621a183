import type { Slug } from '../ground.ts';
import type { CampaignPoint } from '../faults.ts';
import type { TaskSeen } from './task-types.ts';

/** Who looks over the shoulder of the processes of workers. */
export interface Watch {
  /** A process passes a point. */
  readonly onPass: (slug: Slug, point: CampaignPoint, label: string) => void;
  /** A process was given a task. */
  readonly onTask: (slug: Slug, task: TaskSeen) => void;
  /** True where the process has to die now: the engine has done it, and nobody here knows. */
  readonly isTime: (slug: Slug, method: string) => Promise<boolean>;
}
