import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState, type ReactNode } from 'react';
import { sharedTexts } from '../texts/shared.ts';
import { useTexts } from '../texts/texts.ts';

export interface Question {
  readonly title: string;
  /** What will happen, and to how many. */
  readonly does: ReactNode;
  /** The button's word for doing it. */
  readonly button: string;
  readonly isDangerous?: boolean;
  /** Asks for a reason, which has to be given. */
  readonly asksReason?: boolean;
}

/** Asks before something is done; undefined where the person thinks better of it. */
export function confirm(question: Question): Promise<{ readonly reason: string } | undefined> {
  return new Promise((answer) => {
    const id = modals.open({
      title: question.title,
      onClose: () => answer(undefined),
      children: (
        <ConfirmBody
          question={question}
          cancel={() => modals.close(id)}
          accept={(reason) => {
            // The first answer counts: closing says undefined after it.
            answer({ reason });
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
  readonly accept: (reason: string) => void;
}

function ConfirmBody({ question, cancel, accept }: BodyProps) {
  const say = useTexts(sharedTexts);
  const [reason, setReason] = useState('');
  const [isMissing, setIsMissing] = useState(false);
  const { does, button, isDangerous = false, asksReason = false } = question;
  const submit = (): void => {
    if (asksReason && reason.trim() === '') setIsMissing(true);
    else accept(reason.trim());
  };
  return (
    <Stack>
      <Text component="div">{does}</Text>
      {asksReason && (
        <Textarea
          label={say('reason')}
          required
          autosize
          minRows={2}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={isMissing && reason.trim() === '' ? say('reasonNeeded') : undefined}
          data-autofocus
        />
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={cancel}>
          {say('cancel')}
        </Button>
        <Button {...(isDangerous ? { color: 'red' } : {})} onClick={submit}>
          {button}
        </Button>
      </Group>
    </Stack>
  );
}
