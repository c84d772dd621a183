export interface Progress {
  /** Seeds of this run that are over, of those that were asked for. */
  readonly done: number;
  readonly of: number;
  readonly broken: number;
  readonly elapsedMs: number;
}

const MS_PER_SECOND = 1_000;
const SECONDS_PER_MINUTE = 60;

/** How fast this run is, and when it will be over if it stays so. */
export function renderProgress({ done, of, broken, elapsedMs }: Progress): string {
  const perSecond = done / Math.max(elapsedMs / MS_PER_SECOND, Number.MIN_VALUE);
  const left = Math.ceil((of - done) / perSecond);
  const shown =
    left < SECONDS_PER_MINUTE ? `${left} s` : `${Math.ceil(left / SECONDS_PER_MINUTE)} min`;
  return `${done} of ${of}: ${broken} broken, ${perSecond.toFixed(2)} seeds/s, ${shown} left`;
}
