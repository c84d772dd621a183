import { Button, Group, Loader, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { sharedTexts } from '../texts/shared.ts';
import { useTexts } from '../texts/texts.ts';
import type { Paging } from './paging.ts';
import { ProblemAlert } from './problem-alert.tsx';

export interface Column<Row> {
  readonly key: string;
  readonly label: ReactNode;
  readonly cell: (row: Row) => ReactNode;
  /** Figures stand at the right. */
  readonly isFigure?: boolean;
}

interface Props<Row> {
  /** What the table is of, for people who can not see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[] | undefined;
  readonly rowKey: (row: Row) => string;
  readonly error?: unknown;
  readonly paging?: Paging | undefined;
  /** Said where there is no row. */
  readonly empty?: ReactNode;
  /** Of few columns: fits where others scroll. */
  readonly isSlim?: boolean;
}

const LEAST_WIDTH = 640;
const LEAST_SLIM_WIDTH = 240;

/** Rows of a list; it scrolls inside itself where the screen is narrow. */
export function DataTable<Row>(props: Props<Row>) {
  const { label, columns, rows, rowKey, error, paging, empty, isSlim } = props;
  const say = useTexts(sharedTexts);
  if (error != null) return <ProblemAlert error={error} />;
  if (rows === undefined) return <Loader aria-label={say('loading')} />;
  if (rows.length === 0) return <Text c="dimmed">{empty ?? say('nothing')}</Text>;
  return (
    <>
      <Table.ScrollContainer
        minWidth={isSlim === true ? LEAST_SLIM_WIDTH : LEAST_WIDTH}
        type="native"
        tabIndex={0}
        role="region"
        aria-label={label}
      >
        <Table striped highlightOnHover aria-label={label}>
          <Table.Thead>
            <Table.Tr>
              {columns.map((column) => (
                <Table.Th key={column.key} scope="col" ta={column.isFigure ? 'right' : 'left'}>
                  {column.label}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={rowKey(row)}>
                {columns.map(({ key, cell, isFigure }) => (
                  <Table.Td key={key} ta={isFigure === true ? 'right' : 'left'}>
                    {cell(row)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {paging !== undefined && <PagingBar label={label} paging={paging} />}
    </>
  );
}

export function PagingBar({ label, paging }: { readonly label: string; readonly paging: Paging }) {
  const say = useTexts(sharedTexts);
  const { previous, next, range, page } = paging;
  if (previous === undefined && next === undefined && range === undefined) return null;
  return (
    <Group component="nav" justify="flex-end" aria-label={say('pages', { label })}>
      <Text size="sm" c="dimmed" role="status">
        {range === undefined ? say('page', { page }) : say('pageOf', { ...range })}
      </Text>
      <Button variant="default" size="xs" disabled={previous === undefined} onClick={previous}>
        {say('previous')}
      </Button>
      <Button variant="default" size="xs" disabled={next === undefined} onClick={next}>
        {say('next')}
      </Button>
    </Group>
  );
}
