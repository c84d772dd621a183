import { Alert, Button, Group, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../../api/client.ts';
import { confirm } from '../../parts/confirm.tsx';
import { Instant } from '../../parts/instant.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Section } from '../../parts/section.tsx';
import { WlSelect } from '../../parts/wl-select.tsx';
import { signalTexts } from '../../texts/signals.ts';
import { useTexts } from '../../texts/texts.ts';
import { SIGNALS, type Redriven } from './types.ts';

/** Which deliveries: named ones, or all of a filter. */
type Which =
  | { readonly ids: readonly string[] }
  | { readonly filter: { readonly wlId?: string; readonly since?: string } };

/** Counts first, asks with the figures, and sends again only then. */
export function useRedrive() {
  const say = useTexts(signalTexts);
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (which: Which): Promise<Redriven | undefined> => {
      const counted = await redrive(which, true);
      if (counted.reopened + counted.open === 0) return counted;
      const { reopened, open } = counted;
      const answer = await confirm({
        title: say('redriveTitle'),
        does: say('redriveDoes', { reopened, open }),
        button: say('redrive'),
      });
      return answer === undefined ? undefined : redrive(which, false);
    },
    onSettled: () => client.invalidateQueries(),
  });
}

function redrive(which: Which, dryRun: boolean): Promise<Redriven> {
  return post<Redriven>(`${SIGNALS}/redrive`, { ...which, dryRun });
}

export function RedriveOutcome({ work }: { readonly work: ReturnType<typeof useRedrive> }) {
  const say = useTexts(signalTexts);
  if (work.error !== null) return <ProblemAlert error={work.error} />;
  if (work.data === undefined) return null;
  const { dryRun, reopened, open } = work.data;
  return (
    <Alert color="blue" role="status">
      {dryRun ? say('redriveNothing') : say('redriven', { reopened, open })}
    </Alert>
  );
}

/** Everything of one white label since a moment, such as the end of its outage. */
export function RedriveSince() {
  const say = useTexts(signalTexts);
  const [wlId, setWlId] = useState('');
  const [since, setSince] = useState('');
  const [isMissing, setIsMissing] = useState(false);
  const work = useRedrive();
  const submit = (): void => {
    const filter = { ...(wlId !== '' && { wlId }), ...(since !== '' && { since }) };
    const isEmpty = Object.keys(filter).length === 0;
    setIsMissing(isEmpty);
    if (!isEmpty) work.mutate({ filter });
  };
  return (
    <Section title={say('redriveAll')}>
      <Text size="sm">{say('redriveLead')}</Text>
      <Group grow align="flex-start">
        <WlSelect label={say('wl')} value={wlId} change={setWlId} />
        <Instant label={say('since')} value={since} change={setSince} />
      </Group>
      {isMissing && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {say('nameOne')}
        </Text>
      )}
      <Group>
        <Button variant="default" loading={work.isPending} onClick={submit}>
          {say('count')}
        </Button>
      </Group>
      <RedriveOutcome work={work} />
    </Section>
  );
}
