import { Alert, Button, Code, Paper, SimpleGrid, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { z } from 'zod';
import type { auditView, verdictView } from '../../../../api/cp/audit/routes.ts';
import { get } from '../../api/client.ts';
import { Correlation } from '../../parts/correlation.tsx';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { useFilters, useTypedFilter } from '../../parts/filters.ts';
import { PageLink } from '../../parts/page-link.tsx';
import { PersonName } from '../../parts/person.tsx';
import { Page } from '../../parts/page.tsx';
import { useCursorList } from '../../parts/paging.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Time } from '../../parts/values.tsx';
import { auditTexts } from '../../texts/audit.ts';
import { useTexts } from '../../texts/texts.ts';

const PATH = '/admin/api/audit';
const FILTERS = ['subject', 'actor', 'action'] as const;

type Row = z.output<typeof auditView>;
type Verdict = z.output<typeof verdictView>;

/** Every change, and whether the chain that holds them is whole. */
export default function AuditPage() {
  const say = useTexts(auditTexts);
  const { filters, change } = useFilters(FILTERS);
  const { rows, error, paging } = useCursorList<Row>(PATH, { query: filters });
  const verify = useMutation({ mutationFn: () => get<Verdict>(`${PATH}/verify`) });
  const columns = useColumns();
  return (
    <Page
      title={say('title')}
      lead={say('lead')}
      actions={
        <Button loading={verify.isPending} onClick={() => verify.mutate()}>
          {say('verify')}
        </Button>
      }
    >
      <ProblemAlert error={verify.error} />
      {verify.data !== undefined && <Verified verdict={verify.data} />}
      <Paper withBorder p="sm" component="search">
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
          {FILTERS.map((key) => (
            <Filter
              key={key}
              label={say(key)}
              value={filters[key] ?? ''}
              change={(text) => change({ [key]: text })}
            />
          ))}
        </SimpleGrid>
      </Paper>
      <DataTable
        label={say('title')}
        columns={columns}
        rows={rows}
        rowKey={({ seq }) => seq}
        error={error}
        paging={paging}
        empty={say('nothing')}
      />
    </Page>
  );
}

interface FilterProps {
  readonly label: string;
  readonly value: string;
  readonly change: (text: string) => void;
}

function Filter({ label, value, change }: FilterProps) {
  const say = useTexts(auditTexts);
  const typed = useTypedFilter(value, change);
  return <TextInput type="search" label={label} placeholder={say('exact')} {...typed} />;
}

function Verified({ verdict }: { readonly verdict: Verdict }) {
  const say = useTexts(auditTexts);
  const { verified, scanned, head, signedHeads, brokenAt, problem } = verdict;
  return (
    <Alert
      color={verified ? 'green' : 'red'}
      role={verified ? 'status' : 'alert'}
      title={say(verified ? 'whole' : 'broken')}
    >
      <Text size="sm">
        {say('scanned', { rows: scanned, head: head.seq, met: signedHeads.met })}
      </Text>
      {brokenAt !== undefined && (
        <Text size="sm">{say('brokenAt', { seq: brokenAt, problem: problem ?? '–' })}</Text>
      )}
      {signedHeads.forged.length > 0 && (
        <Text size="sm">{say('forged', { seqs: signedHeads.forged.join(', ') })}</Text>
      )}
    </Alert>
  );
}

function useColumns(): readonly Column<Row>[] {
  const say = useTexts(auditTexts);
  return [
    { key: 'seq', label: say('seq'), cell: ({ seq }) => seq },
    { key: 'at', label: say('at'), cell: ({ at }) => <Time at={at} /> },
    {
      key: 'actor',
      label: say('actor'),
      cell: ({ actor, source }) => (
        <>
          <PageLink to="/audit" search={{ actor }}>
            <PersonName id={actor} />
          </PageLink>
          <Text size="xs" c="dimmed">
            {source}
          </Text>
        </>
      ),
    },
    { key: 'action', label: say('action'), cell: ({ action }) => action },
    {
      key: 'subject',
      label: say('subject'),
      cell: ({ subject }) => <span style={{ overflowWrap: 'anywhere' }}>{subject}</span>,
    },
    { key: 'change', label: say('change'), cell: (row) => <Change row={row} /> },
  ];
}

function Change({ row }: { readonly row: Row }) {
  const say = useTexts(auditTexts);
  return (
    <details>
      <summary>{say('show')}</summary>
      {(['before', 'after'] as const).map((key) => (
        <div key={key}>
          <Text size="xs" fw={600}>
            {say(key)}
          </Text>
          <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {JSON.stringify(row[key] ?? null, undefined, 2)}
          </Code>
        </div>
      ))}
      <Text size="xs" style={{ overflowWrap: 'anywhere' }}>
        {say('hash')}: {row.hash}
      </Text>
      <Text size="xs" component="div">
        {say('correlation')}: <Correlation id={row.correlationId} />
      </Text>
    </details>
  );
}
