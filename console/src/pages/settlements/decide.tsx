import { Alert, Button, Group, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { post } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import { useWlName } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { confirm } from '../../parts/confirm.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { moneyText } from '../../parts/values.tsx';
import { settlementTexts } from '../../texts/settlements.ts';
import { useLanguage, useTexts } from '../../texts/texts.ts';
import { SETTLEMENTS, type Settlement } from './types.ts';

interface Word {
  readonly id: string;
  readonly choice: 'confirm' | 'withdraw';
}

/** The second person's word, or the first one's second thought. */
export function useDecision() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, choice }: Word) => post<Settlement>(`${SETTLEMENTS}/${id}/${choice}`),
    onSettled: () => client.invalidateQueries(),
  });
}

interface Props {
  readonly settlement: Settlement;
  readonly work: ReturnType<typeof useDecision>;
}

export function Decide({ settlement, work }: Props) {
  const say = useTexts(settlementTexts);
  const language = useLanguage();
  const nameOf = useWlName();
  const session = useSession();
  const { id, src, dst, amount, currency, state, maker } = settlement;
  if (state !== 'PENDING') return null;
  const isMaker = maker === session?.user.id;
  const ask = async (choice: Word['choice']): Promise<void> => {
    const facts = {
      ...{ src: nameOf(src), dst: nameOf(dst) },
      amount: moneyText(amount, currency, language),
    };
    const answer = await confirm({
      title: say(`${choice}Title`),
      does: say(`${choice}Does`, facts),
      button: say(choice),
      isDangerous: choice === 'withdraw',
    });
    if (answer !== undefined) work.mutate({ id, choice });
  };
  return (
    <Group gap="xs">
      {isMaker ? (
        <Text size="xs">{say('another')}</Text>
      ) : (
        <Button size="compact-sm" disabled={work.isPending} onClick={() => void ask('confirm')}>
          {say('confirm')}
        </Button>
      )}
      <Button
        size="compact-sm"
        variant="default"
        disabled={work.isPending}
        onClick={() => void ask('withdraw')}
      >
        {say('withdraw')}
      </Button>
    </Group>
  );
}

/** Why nothing was decided, in plain words. */
export function DecisionProblem({ error }: { readonly error: unknown }) {
  const say = useTexts(settlementTexts);
  const code = error instanceof ApiProblem ? error.code : undefined;
  if (code !== 'SAME_PERSON' && code !== 'CONFLICT') return <ProblemAlert error={error} />;
  return (
    <Alert color="yellow" role="alert">
      {say(code === 'SAME_PERSON' ? 'samePerson' : 'decidedAlready')}
    </Alert>
  );
}
