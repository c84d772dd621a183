import { Group, Loader, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { ATTENTION, useAttentionCounts } from '../../api/counts.ts';
import { useFilters, useTypedFilter } from '../../parts/filters.ts';
import { Page } from '../../parts/page.tsx';
import { PagingBar } from '../../parts/data-table.tsx';
import { useCursorList } from '../../parts/paging.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { attentionTexts } from '../../texts/attention.ts';
import { sharedTexts } from '../../texts/shared.ts';
import { useTexts } from '../../texts/texts.ts';
import type { AttentionItem } from '../trades/types.ts';
import { AttentionCard } from './card.tsx';

const REFRESH_MS = 5_000;
const KINDS = ['PARKED', 'MISMATCH', 'QUARANTINED'] as const;

/** The queue of what waits for a person, with what can be done about it. */
export default function AttentionPage() {
  const say = useTexts(attentionTexts);
  const shared = useTexts(sharedTexts);
  const { filters, change } = useFilters(['kind', 'text']);
  const typed = useTypedFilter(filters.text ?? '', (text) => change({ text }));
  const counts = useAttentionCounts();
  const { rows, error, paging } = useCursorList<AttentionItem>(ATTENTION, {
    query: filters,
    refreshMs: REFRESH_MS,
  });
  const countOf = {
    PARKED: counts?.parked ?? 0,
    MISMATCH: counts?.mismatches ?? 0,
    QUARANTINED: counts?.quarantined ?? 0,
  };
  const count = countOf.PARKED + countOf.MISMATCH + countOf.QUARANTINED;
  return (
    <Page title={say('title')} lead={say('lead')}>
      <Group align="flex-end">
        <TextInput
          type="search"
          label={say('search')}
          placeholder={say('searchHint')}
          w={{ base: '100%', xs: 320 }}
          {...typed}
        />
        <SegmentedControl
          aria-label={say('kind')}
          orientation="horizontal"
          style={{ flexWrap: 'wrap' }}
          value={filters.kind ?? ''}
          onChange={(kind) => change({ kind })}
          data={[
            { value: '', label: say('all', { count }) },
            ...KINDS.map((value) => ({ value, label: say(value, { count: countOf[value] }) })),
          ]}
        />
      </Group>
      <ProblemAlert error={error} />
      {rows === undefined && error === null && <Loader aria-label={shared('loading')} />}
      {rows?.length === 0 && <Text c="dimmed">{say('nothing')}</Text>}
      <Stack component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label={say('title')}>
        {rows?.map((item) => (
          <AttentionCard key={`${item.kind}/${item.id}`} item={item} />
        ))}
      </Stack>
      <PagingBar label={say('title')} paging={paging} />
    </Page>
  );
}
