import { Button, Group, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { post } from '../../api/client.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useSaving } from '../../parts/saving.ts';
import { Section } from '../../parts/section.tsx';
import { WlSelect } from '../../parts/wl-select.tsx';
import { useWordsKey } from '../../parts/words-key.ts';
import { settlementTexts } from '../../texts/settlements.ts';
import { useTexts } from '../../texts/texts.ts';
import { SETTLEMENTS, type Settlement } from './types.ts';

interface Props {
  readonly src: string | undefined;
  readonly dst: string | undefined;
}

type Entered = Record<'src' | 'dst' | 'amount' | 'note', string>;

/** Records what was paid; a second click on the same words is the same settlement. */
export function RecordForm({ src, dst }: Props) {
  const say = useTexts(settlementTexts);
  const initialValues: Entered = { src: src ?? '', dst: dst ?? '', amount: '', note: '' };
  const form = useForm({ initialValues });
  const { keyOf, forget } = useWordsKey();
  const saving = useSaving({
    form,
    save: (values: Entered) =>
      post<Settlement>(SETTLEMENTS, values, { idempotencyKey: keyOf(values) }),
    saidWhenSaved: () => say('recorded'),
    onSaved: () => {
      forget();
      form.reset();
    },
  });
  return (
    <Section title={say('record')}>
      <form onSubmit={form.onSubmit((values) => saving.mutate(values))}>
        <ProblemAlert error={saving.error} />
        <Group align="flex-start">
          {(['src', 'dst'] as const).map((field) => (
            <WlSelect
              key={field}
              label={say(field)}
              required
              value={form.values[field]}
              change={(wlId) => form.setFieldValue(field, wlId)}
            />
          ))}
          <TextInput
            label={say('amount')}
            description={say('amountHint')}
            inputMode="decimal"
            required
            {...form.getInputProps('amount')}
          />
          <TextInput
            label={say('note')}
            required
            w={{ base: '100%', xs: 280 }}
            {...form.getInputProps('note')}
          />
        </Group>
        <Button type="submit" mt="sm" loading={saving.isPending}>
          {say('record')}
        </Button>
      </form>
    </Section>
  );
}
