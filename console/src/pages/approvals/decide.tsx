import { Alert, Button, Group } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import type { outcomeView, waitingView } from '../../../../api/cp/approvals/routes.ts';
import { post } from '../../api/client.ts';
import { usePersonName } from '../../api/people.ts';
import { useSession } from '../../api/session.ts';
import { confirm } from '../../parts/confirm.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { moneyText, timeText } from '../../parts/values.tsx';
import { approvalTexts } from '../../texts/approvals.ts';
import { useLanguage, useTexts } from '../../texts/texts.ts';

export type Waiting = z.output<typeof waitingView>;
type Outcome = z.output<typeof outcomeView>;

interface Word {
  readonly waiting: Waiting;
  readonly choice: 'approve' | 'reject';
  readonly reason: string;
}

/** Gives the person's word; the first one given counts, whoever gives it. */
export function useDecision() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ waiting: { tradeId, importer }, choice, reason }: Word) =>
      post<Outcome>(
        `/admin/api/approvals/${encodeURIComponent(tradeId)}/${choice}`,
        choice === 'approve' ? { importer } : { importer, reason },
      ),
    onSettled: () => client.invalidateQueries(),
  });
}

type Work = ReturnType<typeof useDecision>;

export function Decide({ waiting, work }: { readonly waiting: Waiting; readonly work: Work }) {
  const say = useTexts(approvalTexts);
  const language = useLanguage();
  const { offer, quantity, amount, currency } = waiting;
  const { title } = offer;
  const ask = async (choice: Word['choice']): Promise<void> => {
    const facts = { title, quantity, amount: moneyText(amount, currency, language) };
    const answer = await confirm({
      title: say(`${choice}Title`),
      does: say(`${choice}Does`, facts),
      button: say(choice),
      isDangerous: choice === 'reject',
      asksReason: choice === 'reject',
    });
    if (answer !== undefined) work.mutate({ waiting, choice, reason: answer.reason });
  };
  return (
    <Group gap="xs" wrap="nowrap">
      {(['approve', 'reject'] as const).map((choice) => (
        <Button
          key={choice}
          size="compact-sm"
          variant={choice === 'approve' ? 'filled' : 'default'}
          disabled={work.isPending}
          aria-label={say(`${choice}Of`, { title })}
          onClick={() => void ask(choice)}
        >
          {say(choice)}
        </Button>
      ))}
    </Group>
  );
}

/** Whether the word counted, and whose did if not. */
export function DecisionOutcome({ work }: { readonly work: Work }) {
  const say = useTexts(approvalTexts);
  const language = useLanguage();
  const session = useSession();
  const nameOf = usePersonName();
  if (work.error !== null) return <ProblemAlert error={work.error} />;
  if (work.data === undefined) return null;
  const { title } = work.variables.waiting.offer;
  const { decision, status } = work.data;
  if (decision === null) {
    return (
      <Alert color="yellow" role="alert" title={say('late')}>
        {say('lateDoes', { title, status })}
      </Alert>
    );
  }
  const words = { title, decision: say(decision.decision), person: nameOf(decision.decidedBy) };
  if (decision.decidedBy !== session?.user.id) {
    return (
      <Alert color="yellow" role="alert" title={say('first')}>
        {say('firstDoes', { ...words, at: timeText(decision.decidedAt, language) })}
      </Alert>
    );
  }
  return (
    <Alert color="blue" role="status">
      {say('sent', words)}
    </Alert>
  );
}
