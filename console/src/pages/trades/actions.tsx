import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRole } from '../../api/session.ts';
import { confirm } from '../../parts/confirm.tsx';
import { Section } from '../../parts/section.tsx';
import { rescueTexts } from '../../texts/rescue.ts';
import { useTexts, type Say } from '../../texts/texts.ts';
import { askResolution } from './ask-resolution.tsx';
import { RescueProblem } from './rescue-problem.tsx';
import { rescue, verbsOf, type Done, type RescuedTrade, type Verb, type Wish } from './rescue.ts';
import { TradeLink } from './trade-link.tsx';

interface Props {
  readonly trade: RescuedTrade;
}

// Long enough to read it.
const ANSWER_SHOWN_MS = 15_000;

// These end something, or move money back.
const DANGEROUS: readonly Verb[] = ['abandon', 'resolve', 'confirm', 'reverse'];

/** What support can do about a trade, on its page. */
export function TradeActions({ trade }: Props) {
  const say = useTexts(rescueTexts);
  const isSupport = useRole('support');
  const work = useRescue(trade);
  const verbs = verbsOf(trade);
  const isSilent = work.data === undefined && work.error === null;
  if (!isSupport || (verbs.length === 0 && isSilent)) return null;
  return (
    <Section title={say('title')}>
      <RescueButtons trade={trade} work={work} />
      <RescueOutcome trade={trade} work={work} />
    </Section>
  );
}

type Work = ReturnType<typeof useRescue>;

export function useRescue(trade: RescuedTrade) {
  const say = useTexts(rescueTexts);
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wish: Wish) => rescue(trade, wish),
    // In a list the trade may be gone before its answer is there, or read.
    onError: (error) =>
      void notifications.show({
        ...{ title: trade.title, message: <RescueProblem error={error} /> },
        ...{ color: 'yellow', autoClose: ANSWER_SHOWN_MS },
      }),
    onSuccess: (done) =>
      void notifications.show({
        title: `${say('answered')}: ${trade.title}`,
        message: wordsOf(done, say),
        autoClose: ANSWER_SHOWN_MS,
      }),
    // A refusal too tells that the trade is not as it was shown.
    onSettled: () => client.invalidateQueries(),
  });
}

export function RescueButtons({ trade, work }: Props & { readonly work: Work }) {
  const say = useTexts(rescueTexts);
  const { title } = trade;
  const ask = async (verb: Verb): Promise<void> => {
    const question = {
      title: say(`${verb}Title`),
      does: say(`${verb}Does`, { title }),
      button: say(verb),
      isDangerous: DANGEROUS.includes(verb),
    };
    const wish =
      verb === 'resolve'
        ? await askResolution(question)
        : await confirm({ ...question, asksReason: true });
    if (wish !== undefined) work.mutate({ verb, ...wish });
  };
  return (
    <Group gap="xs">
      {verbsOf(trade).map((verb) => (
        <Button
          key={verb}
          size="xs"
          variant={verb === 'retry' ? 'filled' : 'default'}
          disabled={work.isPending}
          loading={work.isPending && work.variables.verb === verb}
          onClick={() => void ask(verb)}
        >
          {say(verb)}
        </Button>
      ))}
    </Group>
  );
}

/** What came of it: the white label's word, or why it was not done. */
export function RescueOutcome({ trade, work }: Props & { readonly work: Work }) {
  const say = useTexts(rescueTexts);
  if (work.error !== null) return <RescueProblem error={work.error} />;
  if (work.data === undefined) return null;
  return (
    <Alert color="blue" role="status" title={say('answered')}>
      <Stack gap={4}>
        <Text size="sm">{wordsOf(work.data, say)}</Text>
        {work.data.kind === 'RERUN' ? (
          <TradeLink
            trade={{ tradeId: work.data.bought.tradeId, importer: trade.importer }}
            size="sm"
          >
            {say('newTrade')}
          </TradeLink>
        ) : (
          <Text size="sm">{say('follows')}</Text>
        )}
      </Stack>
    </Alert>
  );
}

function wordsOf(done: Done, say: Say<(typeof rescueTexts.keys)[number]>): string {
  switch (done.kind) {
    case 'MANUAL':
      return say(done.manual.result, { state: done.manual.state });
    case 'REVERSING':
      return say('reversing', { state: done.purchase.state });
    case 'RERUN': {
      const { status, reason } = done.bought;
      return say('rerunDone', { status: reason === undefined ? status : `${status} ${reason}` });
    }
  }
}
