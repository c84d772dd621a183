import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { get, post } from '../../api/client.ts';
import { useRole } from '../../api/session.ts';
import type { Certificate, Wl } from '../../api/types.ts';
import { confirm } from '../../parts/confirm.tsx';
import { CopyId } from '../../parts/correlation.tsx';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAction } from '../../parts/saving.ts';
import { Section } from '../../parts/section.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Time } from '../../parts/values.tsx';
import { useTexts } from '../../texts/texts.ts';
import { wlTexts } from '../../texts/wls.ts';

interface Revoked {
  readonly serial: string;
  readonly reason: string;
}

/** What was issued to a white label, or shown by it. */
export function Certificates({ wl }: { readonly wl: Wl }) {
  const say = useTexts(wlTexts);
  const mayChange = useRole('operator');
  const path = `/admin/api/wls/${wl.id}/certificates`;
  const certificates = useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => get<{ readonly items: readonly Certificate[] }>(path, {}, signal),
  });
  const revoke = useAction(({ serial, reason }: Revoked) =>
    post(`/wls/${wl.id}/certificates/${serial}/revoke`, { reason }),
  );
  const ask = async (serial: string): Promise<void> => {
    const answer = await confirm({
      title: say('revokeTitle'),
      does: say('revokeDoes', { name: wl.name }),
      button: say('revoke'),
      isDangerous: true,
      asksReason: true,
    });
    if (answer !== undefined) revoke.mutate({ serial, reason: answer.reason });
  };
  const columns: readonly Column<Certificate>[] = [
    {
      key: 'serial',
      label: say('serial'),
      cell: ({ serial }) => <CopyId id={serial} label={say('serial')} />,
    },
    { key: 'state', label: say('state'), cell: ({ state }) => <StatusBadge status={state} /> },
    { key: 'hosts', label: say('hosts'), cell: ({ hosts }) => hosts.join(', ') || '–' },
    { key: 'until', label: say('until'), cell: ({ notAfter }) => <Time at={notAfter} /> },
    {
      key: 'revoke',
      label: '',
      cell: ({ serial, state }) =>
        mayChange &&
        state === 'VALID' && (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={`${say('revoke')} ${serial}`}
            onClick={() => void ask(serial)}
          >
            {say('revoke')}
          </Button>
        ),
    },
  ];
  return (
    <Section title={say('certificates')}>
      <ProblemAlert error={revoke.error} />
      <DataTable
        label={say('certificates')}
        columns={columns}
        rows={certificates.data?.items}
        rowKey={({ serial }) => serial}
        error={certificates.error}
        empty={say('noCertificate')}
      />
    </Section>
  );
}
