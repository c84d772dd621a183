import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client.ts';
import { useWlName } from '../../api/queries.ts';
import type { BalanceReport } from '../../api/types.ts';
import { PageLink } from '../../parts/page-link.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Section } from '../../parts/section.tsx';
import { overviewTexts } from '../../texts/overview.ts';
import { useLanguage, useTexts } from '../../texts/texts.ts';

type Item = BalanceReport['items'][number];

const REFRESH_MS = 30_000;
// The most that one answer holds; beyond it the balance page has them all.
const PAIRS = 200;
const LEAST_WIDTH = 480;

/** Shades by percent of the limit; the figure stands in each cell. */
const SHADES = [
  { from: 100, color: 'var(--mantine-color-red-light)' },
  { from: 80, color: 'var(--mantine-color-orange-light)' },
  { from: 50, color: 'var(--mantine-color-yellow-light)' },
  { from: Number.NEGATIVE_INFINITY, color: 'var(--mantine-color-green-light)' },
] as const;

/** Who owes how much of what may be owed: exporters by importers. */
export function HeatMap() {
  const say = useTexts(overviewTexts);
  const nameOf = useWlName();
  const path = '/reports/trade-balance';
  const { data, error } = useQuery({
    queryKey: [path, PAIRS],
    queryFn: ({ signal }) => get<BalanceReport>(path, { limit: PAIRS }, signal),
    refetchInterval: REFRESH_MS,
  });
  const items = data?.items ?? [];
  const exporters = [...new Set(items.map(({ wlId }) => wlId))];
  const importers = [...new Set(items.map(({ partner }) => partner))];
  const label = say('heat');
  return (
    <Section title={label}>
      <ProblemAlert error={error} />
      {data !== undefined && items.length === 0 && <Text c="dimmed">{say('noData')}</Text>}
      {items.length > 0 && (
        <Table.ScrollContainer
          minWidth={LEAST_WIDTH}
          type="native"
          tabIndex={0}
          role="region"
          aria-label={label}
        >
          <Table withTableBorder withColumnBorders aria-label={label}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{say('heatRow')}</Table.Th>
                {importers.map((importer) => (
                  <Table.Th key={importer} scope="col">
                    {nameOf(importer)}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {exporters.map((exporter) => (
                <Table.Tr key={exporter}>
                  <Table.Th scope="row">{nameOf(exporter)}</Table.Th>
                  {importers.map((importer) => (
                    <Cell
                      key={importer}
                      item={items.find(
                        ({ wlId, partner }) => wlId === exporter && partner === importer,
                      )}
                    />
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Section>
  );
}

function Cell({ item }: { readonly item: Item | undefined }) {
  const say = useTexts(overviewTexts);
  const language = useLanguage();
  if (item === undefined) return <Table.Td>–</Table.Td>;
  const { wlId, partner, percent, disabled } = item;
  if (percent === null) return <Table.Td>–</Table.Td>;
  // For the shade alone; the figure is shown as it came.
  const shade = SHADES.find(({ from }) => Number(percent) >= from);
  const figure = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  return (
    <Table.Td style={{ background: shade?.color }}>
      <PageLink to={`/relationships/${wlId}/${partner}`} c="var(--mantine-color-text)">
        {figure.format(percent as Intl.StringNumericLiteral)} %
      </PageLink>
      {disabled && <Text size="xs">{say('disabled')}</Text>}
    </Table.Td>
  );
}
