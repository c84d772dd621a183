import { Text } from '@mantine/core';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { exportPolicyTexts } from '../../texts/relationships.ts';
import { sharedTexts } from '../../texts/shared.ts';
import { useTexts } from '../../texts/texts.ts';
import type { SnapshotItem } from './snapshots.ts';
import type { Terms } from './terms.ts';

interface Props {
  readonly items: readonly SnapshotItem[] | undefined;
  readonly error: unknown;
  /** As it is being edited; undefined: the base policy alone decides. */
  readonly policy: Terms['export_policy'] | undefined;
}

/** Each category with its active offers, and whether the policy as it stands in the form lets it out. */
export function CategoryTable({ items, error, policy }: Props) {
  const say = useTexts(exportPolicyTexts);
  const shared = useTexts(sharedTexts);
  const isExported = ({ id }: SnapshotItem): boolean => admits(policy, id);
  const columns: readonly Column<SnapshotItem>[] = [
    { key: 'name', label: say('category'), cell: ({ name }) => name },
    {
      key: 'offers',
      label: say('activeOffers'),
      isFigure: true,
      cell: ({ activeOffers }) => activeOffers,
    },
    {
      key: 'verdict',
      label: say('verdict'),
      cell: (item) => shared(isExported(item) ? 'yes' : 'no'),
    },
  ];
  return (
    <>
      <DataTable
        label={say('categories')}
        columns={columns}
        rows={items}
        rowKey={({ id }) => id}
        error={error}
        empty={say('noCategory')}
        isSlim
      />
      {items !== undefined && (
        <Text size="sm" role="status">
          {say('sum', { count: offersOf(items.filter(isExported)), total: offersOf(items) })}
        </Text>
      )}
    </>
  );
}

/** Exclude beats include; an empty include list means all. */
function admits(policy: Props['policy'], category: string): boolean {
  if (policy === undefined) return true;
  const { enabled, include_categories: include, exclude_categories: exclude } = policy;
  if (!enabled || exclude.includes(category)) return false;
  return include.length === 0 || include.includes(category);
}

function offersOf(items: readonly SnapshotItem[]): number {
  return items.reduce((sum, { activeOffers }) => sum + activeOffers, 0);
}
