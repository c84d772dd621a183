import { Alert, Button, Group, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../../api/client.ts';
import { useWlName } from '../../api/queries.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Section } from '../../parts/section.tsx';
import { durationText } from '../../parts/values.tsx';
import { WlSelect } from '../../parts/wl-select.tsx';
import { signalTexts } from '../../texts/signals.ts';
import { useLanguage, useTexts } from '../../texts/texts.ts';
import { SIGNALS, type Tested } from './types.ts';

/** Asks one gateway whether it takes signals, without any effect there. */
export function TestGateway() {
  const say = useTexts(signalTexts);
  const [wlId, setWlId] = useState('');
  const [isMissing, setIsMissing] = useState(false);
  const test = useMutation({
    mutationFn: (asked: string) => post<Tested>(`${SIGNALS}/test`, { wlId: asked }),
  });
  const submit = (): void => {
    setIsMissing(wlId === '');
    if (wlId !== '') test.mutate(wlId);
  };
  return (
    <Section title={say('test')}>
      <Text size="sm">{say('testLead')}</Text>
      <WlSelect label={say('wl')} required value={wlId} change={setWlId} />
      {isMissing && wlId === '' && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {say('chooseWl')}
        </Text>
      )}
      <Group>
        <Button variant="default" loading={test.isPending} onClick={submit}>
          {say('ask')}
        </Button>
      </Group>
      <ProblemAlert error={test.error} />
      {test.data !== undefined && <Verdict tested={test.data} />}
    </Section>
  );
}

function Verdict({ tested }: { readonly tested: Tested }) {
  const say = useTexts(signalTexts);
  const language = useLanguage();
  const nameOf = useWlName();
  const { wlId, taken, status, failure, latencyMs } = tested;
  const words = { wl: nameOf(wlId), latency: durationText(latencyMs, language) };
  return (
    <Alert color={taken ? 'green' : 'red'} role="status">
      {taken ? say('taken', words) : say('notTaken', { ...words, why: failure ?? status ?? '–' })}
    </Alert>
  );
}
