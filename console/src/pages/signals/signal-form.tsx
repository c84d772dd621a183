import { Button, Group, List, SegmentedControl, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { post } from '../../api/client.ts';
import { useWlName } from '../../api/queries.ts';
import { confirm } from '../../parts/confirm.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useSaving } from '../../parts/saving.ts';
import { Section } from '../../parts/section.tsx';
import { WlSelect } from '../../parts/wl-select.tsx';
import { useWordsKey } from '../../parts/words-key.ts';
import { signalTexts } from '../../texts/signals.ts';
import { useTexts } from '../../texts/texts.ts';
import { useSnapshot } from '../relationships/snapshots.ts';
import { SIGNALS, type Signal } from './types.ts';

const ACTIONS = ['DISABLE', 'ENABLE'] as const;
type Action = (typeof ACTIONS)[number];

interface Entered extends Record<string, unknown> {
  readonly src: string;
  readonly dst: string;
  readonly action: Action;
  readonly reason: string;
}

const NOTHING: Entered = { src: '', dst: '', action: 'DISABLE', reason: '' };

/** A person's own word about a pair: what it will do, and to whom, is said before it is sent. */
export function SignalForm() {
  const say = useTexts(signalTexts);
  const form = useForm<Entered>({ initialValues: NOTHING });
  const { keyOf, forget } = useWordsKey();
  const saving = useSaving({
    form,
    save: (values: Entered) => post<Signal>(SIGNALS, values, { idempotencyKey: keyOf(values) }),
    saidWhenSaved: () => say('signalled'),
    onSaved: () => {
      forget();
      form.reset();
    },
  });
  const ask = async (values: Entered): Promise<void> => {
    const { action } = values;
    const answer = await confirm({
      title: say(`${action}Title`),
      does: <WhatItDoes {...values} />,
      button: say('send'),
      isDangerous: action === 'DISABLE',
    });
    if (answer !== undefined) saving.mutate(values);
  };
  return (
    <Section title={say('byHand')}>
      <Text size="sm">{say('byHandLead')}</Text>
      <form onSubmit={form.onSubmit((values) => void ask(values))}>
        <ProblemAlert error={saving.error} shownAtFields />
        <SegmentedControl
          aria-label={say('action')}
          data={ACTIONS.map((value) => ({ value, label: say(value) }))}
          value={form.values.action}
          onChange={(action) => form.setFieldValue('action', action as Action)}
        />
        <Group grow align="flex-start" mt="xs">
          {(['src', 'dst'] as const).map((field) => (
            <WlSelect
              key={field}
              label={say(field)}
              required
              value={form.values[field]}
              change={(wlId) => form.setFieldValue(field, wlId)}
            />
          ))}
        </Group>
        <TextInput label={say('reason')} required mt="xs" {...form.getInputProps('reason')} />
        <Button type="submit" variant="default" mt="sm" loading={saving.isPending}>
          {say('signalThis')}
        </Button>
      </form>
    </Section>
  );
}

/** To whom it goes, and what changes there, with the offers that the exporter last told of. */
function WhatItDoes({ src, dst, action }: Entered) {
  const say = useTexts(signalTexts);
  const nameOf = useWlName();
  const { data } = useSnapshot(src, 'offer-categories');
  const known = data !== undefined && data.syncedAt !== null;
  const offers = data?.items.reduce((sum, { activeOffers }) => sum + activeOffers, 0) ?? 0;
  const words = { src: nameOf(src), dst: nameOf(dst) };
  return (
    <List size="sm">
      <List.Item>{say('goesTo', words)}</List.Item>
      <List.Item>{say(`${action}Does`, words)}</List.Item>
      {known && <List.Item>{say('offersOf', { ...words, count: offers })}</List.Item>}
      <List.Item>{say(`${action}Stays`, words)}</List.Item>
      <List.Item>{say('otherWay', words)}</List.Item>
    </List>
  );
}
