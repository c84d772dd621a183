import { Button, Checkbox, Group, Paper, Select, SimpleGrid, TextInput } from '@mantine/core';
import { REFUSAL_CODES } from '../../../../domain/shared/codes.ts';
import { useWls } from '../../api/queries.ts';
import { useTypedFilter, type Filters } from '../../parts/filters.ts';
import { Instant } from '../../parts/instant.tsx';
import { useTexts } from '../../texts/texts.ts';
import { tradeTexts } from '../../texts/trades.ts';

export const FILTERS = [
  'text',
  'wl',
  'partner',
  'status',
  'reason',
  'from',
  'to',
  'parked',
  'mismatch',
  'stale',
] as const;
export type TradeFilter = (typeof FILTERS)[number];

const STATUSES = ['PENDING', 'PROVISIONAL', 'CONFIRMED', 'REJECTED', 'REVERSED'];

interface Props {
  readonly filters: Filters<TradeFilter>;
  readonly change: (patch: Filters<TradeFilter>) => void;
}

export function TradeFilters({ filters, change }: Props) {
  const say = useTexts(tradeTexts);
  const typed = useTypedFilter(filters.text ?? '', (text) => change({ text }));
  const { data } = useWls();
  const wls = data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  const select = (key: TradeFilter) => ({
    value: filters[key] ?? null,
    onChange: (value: string | null) => change({ [key]: value ?? '' }),
    clearable: true,
  });
  return (
    <Paper withBorder p="sm" component="search">
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm">
        <TextInput type="search" label={say('search')} placeholder={say('searchHint')} {...typed} />
        <Select label={say('wl')} placeholder={say('any')} data={wls} {...select('wl')} />
        <Select label={say('partner')} placeholder={say('any')} data={wls} {...select('partner')} />
        <Select
          label={say('status')}
          placeholder={say('any')}
          data={STATUSES}
          {...select('status')}
        />
        <Select
          label={say('reason')}
          placeholder={say('anyReason')}
          data={[...REFUSAL_CODES]}
          searchable
          {...select('reason')}
        />
        <Instant label={say('from')} value={filters.from} change={(from) => change({ from })} />
        <Instant label={say('to')} value={filters.to} change={(to) => change({ to })} />
      </SimpleGrid>
      <Group mt="sm" justify="space-between">
        <Group>
          <Only label={say('onlyParked')} of="parked" filters={filters} change={change} />
          <Only label={say('onlyMismatch')} of="mismatch" filters={filters} change={change} />
          <Only label={say('onlyStale')} of="stale" filters={filters} change={change} />
        </Group>
        <Button variant="default" size="xs" onClick={() => change(NO_FILTER)}>
          {say('clear')}
        </Button>
      </Group>
    </Paper>
  );
}

const NO_FILTER: Filters<TradeFilter> = Object.fromEntries(FILTERS.map((key) => [key, '']));

function Only({ label, of, filters, change }: Props & { label: string; of: TradeFilter }) {
  return (
    <Checkbox
      label={label}
      checked={filters[of] === 'true'}
      onChange={(event) => change({ [of]: event.currentTarget.checked ? 'true' : '' })}
    />
  );
}
