export interface Progress {
  /** Seeds of this run that are over, of those that were asked for. */
  readonly done: number;
  readonly of: number;
  readonly broken: number;
  readonly elapsedMs: number;
}

const MS_PER_SECOND = 1_000;
const SECONDS_PER_MINUTE = 60;

const TIME_LENGTH = 5;

/** How fast this run is, and when it will be over if it stays so. */
export function renderProgress({ done, of, broken, elapsedMs }: Progress, now: Date): string {
  if (done === 0) return `0 of ${of}: nothing is over yet`;
  const perSecond = done / Math.max(elapsedMs / MS_PER_SECOND, 1 / MS_PER_SECOND);
  const left = Math.ceil((of - done) / perSecond);
  const shown =
    left < SECONDS_PER_MINUTE ? `${left} s` : `${Math.ceil(left / SECONDS_PER_MINUTE)} min`;
  const over = new Date(now.getTime() + left * MS_PER_SECOND).toTimeString();
  const speed = `${broken} broken, ${perSecond.toFixed(2)} seeds/s`;
  return `${done} of ${of}: ${speed}, ${shown} left, over at ${over.slice(0, TIME_LENGTH)}`;
}
