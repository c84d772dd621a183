import { Loader, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client.ts';
import type { MetricsReport } from '../../api/types.ts';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { overviewTexts } from '../../texts/overview.ts';
import { sharedTexts } from '../../texts/shared.ts';
import { useTexts } from '../../texts/texts.ts';
import { Days } from './days.tsx';
import { HeatMap } from './heat-map.tsx';
import { Promises } from './promises.tsx';
import { Waiting } from './waiting.tsx';

// Figures of a month move slowly; a wall display still follows the day.
const REFRESH_MS = 30_000;

export default function OverviewPage() {
  const say = useTexts(overviewTexts);
  const shared = useTexts(sharedTexts);
  const metrics = useQuery({
    queryKey: ['/reports/metrics'],
    queryFn: ({ signal }) => get<MetricsReport>('/reports/metrics', { brief: true }, signal),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Page title={say('title')} lead={say('lead')}>
      <Waiting />
      <Title order={2} size="h4">
        {say('promises')}
      </Title>
      <ProblemAlert error={metrics.error} />
      {metrics.data === undefined ? (
        metrics.error === null && <Loader aria-label={shared('loading')} />
      ) : (
        <>
          <Promises slo={metrics.data.slo} />
          <Days days={metrics.data.days} totals={metrics.data.totals} />
        </>
      )}
      <HeatMap />
    </Page>
  );
}
