import { Button, Group, Radio, Stack, Text, Textarea } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import type { Question } from '../../parts/confirm.tsx';
import { rescueTexts } from '../../texts/rescue.ts';
import { sharedTexts } from '../../texts/shared.ts';
import { useTexts } from '../../texts/texts.ts';
import type { Outcome } from './rescue.ts';

const OUTCOMES: readonly Outcome[] = ['CONFIRMED', 'COMPENSATED'];

interface Resolution {
  readonly reason: string;
  readonly outcome: Outcome;
}

/** As `confirm`, with the outcome that the person wishes; none is chosen beforehand. */
export function askResolution(question: Question): Promise<Resolution | undefined> {
  return new Promise((answer) => {
    const id = modals.open({
      title: question.title,
      onClose: () => answer(undefined),
      children: (
        <ResolutionBody
          question={question}
          cancel={() => modals.close(id)}
          accept={(resolution) => {
            // The first answer counts: closing says undefined after it.
            answer(resolution);
            modals.close(id);
          }}
        />
      ),
    });
  });
}

interface BodyProps {
  readonly question: Question;
  readonly cancel: () => void;
  readonly accept: (resolution: Resolution) => void;
}

function ResolutionBody({ question: { does, button }, cancel, accept }: BodyProps) {
  const say = useTexts(rescueTexts);
  const shared = useTexts(sharedTexts);
  const [reason, setReason] = useState('');
  const [outcome, setOutcome] = useState<string>('');
  const chosen = OUTCOMES.find((one) => one === outcome);
  const isMissing = reason.trim() === '';
  return (
    <Stack>
      <Text component="div">{does}</Text>
      <Radio.Group label={say('outcome')} required value={outcome} onChange={setOutcome}>
        <Stack gap="xs" mt="xs">
          {OUTCOMES.map((one) => (
            <Radio key={one} value={one} label={say(one)} />
          ))}
        </Stack>
      </Radio.Group>
      <Textarea
        label={shared('reason')}
        required
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={cancel}>
          {shared('cancel')}
        </Button>
        <Button
          color="red"
          disabled={chosen === undefined || isMissing}
          onClick={() => chosen !== undefined && accept({ reason: reason.trim(), outcome: chosen })}
        >
          {button}
        </Button>
      </Group>
    </Stack>
  );
}
