import { Button, Checkbox, Group, MultiSelect, SimpleGrid, Text, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useRole } from '../../api/session.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Time } from '../../parts/values.tsx';
import { exportPolicyTexts } from '../../texts/relationships.ts';
import { useTexts } from '../../texts/texts.ts';
import { CategoryTable } from './category-table.tsx';
import { useSnapshot, useSnapshotSync, type SnapshotItem } from './snapshots.ts';
import type { Terms } from './terms.ts';

interface Props {
  readonly form: UseFormReturnType<Terms>;
  readonly exporter: string;
}

const CATEGORY_LISTS = ['include_categories', 'exclude_categories'] as const;
const ENTITY_LISTS = ['entity_allowlist', 'entity_blocklist'] as const;

/** What the exporter shows to this importer, with how many offers each choice concerns. */
export function ExportPolicyFields({ form, exporter }: Props) {
  const say = useTexts(exportPolicyTexts);
  const categories = useSnapshot(exporter, 'offer-categories');
  const { hasPolicy, export_policy: policy } = form.values;
  return (
    <>
      <Checkbox label={say('own')} {...form.getInputProps('hasPolicy', { type: 'checkbox' })} />
      {hasPolicy && <OwnPolicy form={form} exporter={exporter} />}
      <SnapshotBar exporter={exporter} syncedAt={categories.data?.syncedAt ?? null} />
      <CategoryTable
        items={categories.data?.items}
        error={categories.error}
        policy={hasPolicy ? policy : undefined}
      />
    </>
  );
}

function OwnPolicy({ form, exporter }: Props) {
  const say = useTexts(exportPolicyTexts);
  const categories = useSnapshot(exporter, 'offer-categories').data?.items ?? [];
  const entities = useSnapshot(exporter, 'entities').data?.items ?? [];
  const choices = (items: readonly SnapshotItem[], chosen: readonly string[]) => {
    const known = new Set(items.map(({ id }) => id));
    // What was chosen before the exporter dropped it can still be seen, and taken out.
    const gone = chosen.filter((id) => !known.has(id)).map((id) => ({ value: id, label: id }));
    const labels = items.map(({ id, name, activeOffers }) => ({
      value: id,
      label: say('offers', { name, count: activeOffers }),
    }));
    return [...labels, ...gone];
  };
  const list = (name: (typeof CATEGORY_LISTS | typeof ENTITY_LISTS)[number]) => {
    const items = name.endsWith('categories') ? categories : entities;
    return (
      <MultiSelect
        key={name}
        label={say(name)}
        searchable
        data={choices(items, form.values.export_policy[name])}
        {...form.getInputProps(`export_policy.${name}`)}
      />
    );
  };
  return (
    <>
      <Checkbox
        label={say('enabled')}
        {...form.getInputProps('export_policy.enabled', { type: 'checkbox' })}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {[...CATEGORY_LISTS, ...ENTITY_LISTS].map(list)}
        <TextInput
          label={say('min_created_at')}
          placeholder="2026-01-31T00:00:00Z"
          {...form.getInputProps('export_policy.min_created_at')}
        />
      </SimpleGrid>
    </>
  );
}

interface BarProps {
  readonly exporter: string;
  readonly syncedAt: string | null;
}

function SnapshotBar({ exporter, syncedAt }: BarProps) {
  const say = useTexts(exportPolicyTexts);
  const maySync = useRole('operator');
  const sync = useSnapshotSync(exporter);
  return (
    <>
      <ProblemAlert error={sync.error} />
      <Group justify="space-between">
        <Text size="sm" c="dimmed" component="div">
          {say('synced')} <Time at={syncedAt} />
        </Text>
        {maySync && (
          <Button
            variant="default"
            size="xs"
            loading={sync.isPending}
            onClick={() => sync.mutate(undefined)}
          >
            {say('sync')}
          </Button>
        )}
      </Group>
    </>
  );
}
