import { Button, Group, MultiSelect, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { put } from '../../api/client.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useSaving } from '../../parts/saving.ts';
import { Section } from '../../parts/section.tsx';
import { targetTexts } from '../../texts/notifications.ts';
import { useTexts } from '../../texts/texts.ts';
import { KINDS, SEVERITIES } from './kinds.ts';
import { kept, TARGETS, type Target, type Targets } from './target.ts';

interface Props {
  readonly items: readonly Target[];
  /** A secret that was made for the new target. */
  readonly onSecret: (secret: string | undefined) => void;
}

const EMPTY = {
  kind: 'WEBHOOK' as Target['kind'],
  where: '',
  kinds: [] as string[],
  minSeverity: 'WARNING' as string,
};

/** Adds one target to those that there are. */
export function TargetForm({ items, onSecret }: Props) {
  const say = useTexts(targetTexts);
  const form = useForm({ initialValues: EMPTY });
  const { kind } = form.values;
  const saving = useSaving({
    form,
    save: ({ where, ...rest }) => {
      const added = { ...rest, ...(rest.kind === 'WEBHOOK' ? { url: where } : { address: where }) };
      return put<Targets>(TARGETS, { targets: [...items.map(kept), added] });
    },
    onSaved: (saved) => {
      onSecret(saved.items.find(({ secret }) => secret !== undefined)?.secret);
      form.reset();
    },
  });
  return (
    <Section title={say('add')}>
      <form onSubmit={form.onSubmit((values) => saving.mutate(values))}>
        <ProblemAlert error={saving.error} />
        <Group align="flex-end">
          <SegmentedControl
            aria-label={say('kind')}
            data={(['WEBHOOK', 'EMAIL'] as const).map((value) => ({ value, label: say(value) }))}
            {...form.getInputProps('kind')}
          />
          <TextInput
            label={say(kind === 'WEBHOOK' ? 'url' : 'address')}
            type={kind === 'WEBHOOK' ? 'url' : 'email'}
            required
            w={{ base: '100%', xs: 320 }}
            {...form.getInputProps('where')}
          />
          <MultiSelect
            label={say('kinds')}
            placeholder={form.values.kinds.length === 0 ? say('kindsHint') : ''}
            data={KINDS}
            w={{ base: '100%', xs: 320 }}
            {...form.getInputProps('kinds')}
          />
          <Select
            label={say('minSeverity')}
            data={[...SEVERITIES]}
            allowDeselect={false}
            {...form.getInputProps('minSeverity')}
          />
          <Button type="submit" loading={saving.isPending}>
            {say('save')}
          </Button>
        </Group>
      </form>
    </Section>
  );
}
