import type { Ask, BreakerFact, OutboxFact, Place } from './facts.ts';

/** What the metrics of the processes tell; what is not there is not told. */
export async function figuresOf(
  places: readonly Place[],
  ask: Ask,
): Promise<{ readonly breakers: BreakerFact[]; readonly outboxes: OutboxFact[] }> {
  const read = await Promise.all(
    places.map(async ({ name, url }) => ({
      name,
      text: (await ask(`${url}/metrics`))?.text ?? '',
    })),
  );
  const breakers = read.flatMap(({ name: process, text }) =>
    samplesOf(text, 'partner_breaker_state').map(({ labels, value }) => ({
      ...{ process, partner: labels['partner'] ?? '', value },
    })),
  );
  const outboxes = read.flatMap(({ name: process, text }) => {
    const [lag] = samplesOf(text, 'outbox_lag_seconds');
    const [unsent] = samplesOf(text, 'outbox_unsent');
    if (lag === undefined) return [];
    return [{ process, lagSeconds: lag.value, unsent: unsent?.value ?? 0 }];
  });
  return { breakers, outboxes };
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of one metric in Prometheus text. */
export function samplesOf(text: string, metric: string): Sample[] {
  const line = new RegExp(`^${metric}(?:\\{(.*)\\})? (\\S+)$`, 'gm');
  return [...text.matchAll(line)].map(([, labels = '', value]) => ({
    labels: Object.fromEntries(
      [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', text_ = '']) => [name, text_]),
    ),
    value: Number(value),
  }));
}
