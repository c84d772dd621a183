import { Button, Checkbox, Group, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { WL_STATUSES, ROLLOUT_STAGES } from '../../../../domain/policy/pull-document.ts';
import type { Wl } from '../../api/types.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useSaving } from '../../parts/saving.ts';
import { useUnsavedGuard } from '../../parts/unsaved.ts';
import { sharedTexts } from '../../texts/shared.ts';
import { useTexts } from '../../texts/texts.ts';
import { wlTexts } from '../../texts/wls.ts';

const FEATURES = ['import', 'export', 'purchase'] as const;

interface Props {
  /** Absent: a new one. */
  readonly wl?: Wl;
  readonly save: (body: Readonly<Record<string, unknown>>) => Promise<Wl>;
  readonly onSaved?: (wl: Wl) => void;
}

/** What the registry says of a white label. */
export function FactsForm({ wl, save, onSaved }: Props) {
  const say = useTexts(wlTexts);
  const shared = useTexts(sharedTexts);
  const form = useForm({ initialValues: valuesOf(wl) });
  const saving = useSaving({
    form,
    save: (values: typeof form.values) => save(bodyOf(values)),
    onSaved: (saved) => {
      form.resetDirty();
      onSaved?.(saved);
    },
  });
  useUnsavedGuard(form.isDirty() && !saving.isPending && !saving.isSuccess);
  const { contactEmail } = wl ?? {};
  return (
    <form onSubmit={form.onSubmit((values) => saving.mutate(values))} noValidate>
      <Stack>
        <ProblemAlert error={saving.error} shownAtFields />
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput label={say('name')} required {...form.getInputProps('name')} />
          <TextInput label={say('description')} {...form.getInputProps('description')} />
          <TextInput
            label={say('contactEmail')}
            {...(contactEmail == null
              ? {}
              : { description: say('contactHint', { email: contactEmail }) })}
            {...form.getInputProps('contactEmail')}
          />
          <TextInput label={say('gatewayUrl')} {...form.getInputProps('gatewayUrl')} />
          <TextInput label={say('currency')} maxLength={3} {...form.getInputProps('currency')} />
          <Select
            label={say('status')}
            data={[...WL_STATUSES]}
            allowDeselect={false}
            {...form.getInputProps('status')}
          />
          <Select
            label={say('rollout')}
            data={[...ROLLOUT_STAGES]}
            allowDeselect={false}
            {...form.getInputProps('rolloutStage')}
          />
          <Checkbox.Group label={say('features')} {...form.getInputProps('features')}>
            <Group mt="xs">
              {FEATURES.map((feature) => (
                <Checkbox key={feature} value={feature} label={say(feature)} />
              ))}
            </Group>
          </Checkbox.Group>
        </SimpleGrid>
        <Group justify="flex-end">
          <Button type="submit" loading={saving.isPending}>
            {shared('save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function valuesOf(wl: Wl | undefined) {
  return {
    name: wl?.name ?? '',
    description: wl?.description ?? '',
    contactEmail: '',
    gatewayUrl: wl?.gatewayUrl ?? '',
    currency: wl?.currency ?? '',
    status: wl?.status ?? 'ACTIVE',
    rolloutStage: wl?.rolloutStage ?? 'PILOT',
    features: FEATURES.filter((feature) => wl?.features[feature] ?? true) as string[],
  };
}

/** Empty fields say nothing: what is there stays. */
function bodyOf({ features, ...values }: ReturnType<typeof valuesOf>) {
  const said = Object.entries(values).filter(([name, value]) => value !== '' || name === 'name');
  const chosen = FEATURES.map((feature) => [feature, features.includes(feature)]);
  return { ...Object.fromEntries(said), features: Object.fromEntries(chosen) as unknown };
}
