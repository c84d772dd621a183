import {
  Button,
  Checkbox,
  Group,
  MultiSelect,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { ROLLOUT_STAGES } from '../../../../domain/policy/pull-document.ts';
import { put } from '../../api/client.ts';
import { useWls } from '../../api/queries.ts';
import { useRole } from '../../api/session.ts';
import type { Policy } from '../../api/types.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useSaving } from '../../parts/saving.ts';
import { useUnsavedGuard } from '../../parts/unsaved.ts';
import { sharedTexts } from '../../texts/shared.ts';
import { useTexts } from '../../texts/texts.ts';
import { wlTexts } from '../../texts/wls.ts';

interface Props {
  readonly policy: Policy;
  /** The revision that is being changed: another's change in between is refused. */
  readonly etag: string | undefined;
  readonly path: string;
}

const SWITCHES = ['importEnabled', 'exportEnabled', 'visibilityEnabled'] as const;
const FEATURES = ['import', 'export', 'purchase'] as const;

export function PolicyForm({ policy, etag, path }: Props) {
  const say = useTexts(wlTexts);
  const shared = useTexts(sharedTexts);
  const mayChange = useRole('operator');
  const wls = useWls();
  const form = useForm({ initialValues: valuesOf(policy) });
  const saving = useSaving({
    form,
    save: (values: typeof form.values) => put<Policy>(path, values, { ifMatch: etag }),
  });
  useUnsavedGuard(form.isDirty() && !saving.isPending && !saving.isSuccess);
  const others = wls.data?.items.filter(({ id }) => id !== policy.wlId) ?? [];
  return (
    <form onSubmit={form.onSubmit((values) => saving.mutate(values))} noValidate>
      <fieldset disabled={!mayChange} style={{ border: 0, padding: 0, margin: 0 }}>
        <Stack>
          <ProblemAlert error={saving.error} shownAtFields />
          <Group>
            {SWITCHES.map((name) => (
              <Checkbox
                key={name}
                label={say(name)}
                {...form.getInputProps(name, { type: 'checkbox' })}
              />
            ))}
          </Group>
          <Group>
            {FEATURES.map((name) => (
              <Checkbox
                key={name}
                label={`${say('features')}: ${say(name)}`}
                {...form.getInputProps(`features.${name}`, { type: 'checkbox' })}
              />
            ))}
          </Group>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <NumberInput
              label={say('exportDelaySeconds')}
              allowDecimal={false}
              {...form.getInputProps('exportDelaySeconds')}
            />
            <Select
              label={say('rollout')}
              data={[...ROLLOUT_STAGES]}
              allowDeselect={false}
              {...form.getInputProps('rolloutStage')}
            />
            <MultiSelect
              label={say('visibilityWls')}
              data={others.map(({ id, name }) => ({ value: id, label: name }))}
              {...form.getInputProps('visibilityWls')}
            />
            <TextInput label={say('policyRevision')} {...form.getInputProps('policyRevision')} />
          </SimpleGrid>
          {mayChange && (
            <Group justify="flex-end">
              <Button type="submit" loading={saving.isPending}>
                {shared('save')}
              </Button>
            </Group>
          )}
        </Stack>
      </fieldset>
    </form>
  );
}

function valuesOf(policy: Policy) {
  return {
    importEnabled: policy.importEnabled,
    exportEnabled: policy.exportEnabled,
    visibilityEnabled: policy.visibilityEnabled,
    exportDelaySeconds: policy.exportDelaySeconds,
    visibilityWls: policy.visibilityWls,
    policyRevision: policy.policyRevision,
    features: policy.features,
    rolloutStage: policy.rolloutStage,
  };
}
