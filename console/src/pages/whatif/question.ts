/** The form's own fields; what is empty stays as it was. */
export interface Question {
  readonly src: string;
  readonly dst: string;
  readonly since: string;
  readonly until: string;
  readonly fxRate: string;
  readonly limitAmount: string;
  readonly velocity: { readonly maxAmount: string; readonly windowSeconds: string };
  readonly replacesPolicy: boolean;
  readonly exportPolicy: {
    readonly enabled: boolean;
    readonly include_categories: string[];
    readonly exclude_categories: string[];
    readonly entity_allowlist: string[];
    readonly entity_blocklist: string[];
  };
}

const WEEK_MS = 604_800_000;

export function emptyQuestion(now: number): Question {
  return {
    ...{ src: '', dst: '', since: new Date(now - WEEK_MS).toISOString(), until: '' },
    ...{ fxRate: '', limitAmount: '', velocity: { maxAmount: '', windowSeconds: '' } },
    replacesPolicy: false,
    exportPolicy: {
      enabled: true,
      ...{ include_categories: [], exclude_categories: [] },
      ...{ entity_allowlist: [], entity_blocklist: [] },
    },
  };
}

/** As the route takes it; the API says what is wrong with a figure. */
export function bodyOf(question: Question): Readonly<Record<string, unknown>> {
  const { src, dst, since, until, fxRate, limitAmount, velocity, exportPolicy } = question;
  const { maxAmount, windowSeconds } = velocity;
  const asksVelocity = maxAmount !== '' || windowSeconds !== '';
  return {
    since,
    ...(src !== '' && { src }),
    ...(dst !== '' && { dst }),
    ...(until !== '' && { until }),
    ...(fxRate !== '' && { fxRate }),
    ...(limitAmount !== '' && { limitAmount }),
    ...(asksVelocity && { velocity: { maxAmount, windowSeconds: Number(windowSeconds) } }),
    ...(question.replacesPolicy && { exportPolicy }),
  };
}
