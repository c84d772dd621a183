import { Alert, Text } from '@mantine/core';
import { usePersonName } from '../../api/people.ts';
import { ApiProblem } from '../../api/problem.ts';
import { useSession } from '../../api/session.ts';
import { Correlation } from '../../parts/correlation.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { timeText } from '../../parts/values.tsx';
import { rescueTexts } from '../../texts/rescue.ts';
import { useLanguage, useTexts } from '../../texts/texts.ts';

/** Who was first, as the desk tells it with a CONFLICT. */
interface Won {
  readonly person: string;
  readonly verb: string;
  readonly outcome: string | null;
  readonly at: string;
}

/** Why nothing was done, in plain words: who won, who is missing, what is not known. */
export function RescueProblem({ error }: { readonly error: unknown }) {
  const say = useTexts(rescueTexts);
  if (!(error instanceof ApiProblem)) return <ProblemAlert error={error} />;
  const { code, body, correlationId } = error;
  const won = code === 'CONFLICT' ? (body['won'] as Won | undefined) : undefined;
  const said = (title: string, text: string) => (
    <Alert color="yellow" role="alert" title={title}>
      <Text size="sm">{text}</Text>
      <Text size="xs" mt="xs" component="div">
        {code} <Correlation id={correlationId} />
      </Text>
    </Alert>
  );
  if (won !== undefined) return <Winner won={won} correlationId={correlationId} />;
  if (code === 'CONFLICT') return said(say('past'), say('pastDoes'));
  if (code === 'SAME_PERSON') return said(say('samePerson'), say('samePersonDoes'));
  if (code === 'IDEMPOTENCY_MISMATCH') return said(say('doneOnce'), say('doneOnceDoes'));
  if (body['outcomeUnknown'] === true) return said(say('unknown'), say('unknownDoes'));
  return <ProblemAlert error={error} />;
}

interface WinnerProps {
  readonly won: Won;
  readonly correlationId: string | undefined;
}

function Winner({ won, correlationId }: WinnerProps) {
  const say = useTexts(rescueTexts);
  const language = useLanguage();
  const session = useSession();
  const nameOf = usePersonName();
  const { person, verb, outcome } = won;
  const words = {
    ...{ verb, outcome: outcome ?? '' },
    person: person === session?.user.id ? say('you') : nameOf(person),
    at: timeText(won.at, language),
  };
  return (
    <Alert color="yellow" role="alert" title={say('first')}>
      <Text size="sm">{say(outcome === null ? 'firstBusy' : 'firstDone', words)}</Text>
      <Text size="xs" mt="xs" component="div">
        CONFLICT <Correlation id={correlationId} />
      </Text>
    </Alert>
  );
}
