import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { get, post } from '../../api/client.ts';
import { useRole } from '../../api/session.ts';
import type { Wl } from '../../api/types.ts';
import { confirm } from '../../parts/confirm.tsx';
import { CopyId } from '../../parts/correlation.tsx';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAction } from '../../parts/saving.ts';
import { Section } from '../../parts/section.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { useTexts } from '../../texts/texts.ts';
import { wlTexts } from '../../texts/wls.ts';

interface Key {
  readonly kid: string;
  readonly sub: string;
  readonly state: string;
}

const JWKS = '/.well-known/jwks.json';

/** The keys that sign a white label's tokens, as everybody may read them. */
export function Keys({ wl }: { readonly wl: Wl }) {
  const say = useTexts(wlTexts);
  const mayChange = useRole('operator');
  const keys = useQuery({
    queryKey: [JWKS],
    queryFn: ({ signal }) => get<{ readonly keys: readonly Key[] }>(JWKS, {}, signal),
  });
  const change = useAction((path: string) => post(`/wls/${wl.id}/keys/${path}`));
  const ask = async (kid?: string): Promise<void> => {
    const answer = await confirm({
      title: say(kid === undefined ? 'rotateTitle' : 'revokeKeyTitle'),
      does: say(kid === undefined ? 'rotateDoes' : 'revokeKeyDoes', { name: wl.name }),
      button: say(kid === undefined ? 'rotate' : 'revoke'),
      isDangerous: kid !== undefined,
    });
    if (answer === undefined) return;
    change.mutate(kid === undefined ? 'rotate' : `${encodeURIComponent(kid)}/revoke`);
  };
  const columns: readonly Column<Key>[] = [
    { key: 'kid', label: say('kid'), cell: ({ kid }) => <CopyId id={kid} label={say('kid')} /> },
    { key: 'state', label: say('state'), cell: ({ state }) => <StatusBadge status={state} /> },
  ];
  const action: Column<Key> = {
    key: 'revoke',
    label: '',
    cell: ({ kid }) => (
      <Button
        size="compact-xs"
        variant="default"
        aria-label={`${say('revoke')} ${kid}`}
        onClick={() => void ask(kid)}
      >
        {say('revoke')}
      </Button>
    ),
  };
  return (
    <Section
      title={say('keys')}
      actions={
        mayChange && (
          <Button size="xs" variant="default" onClick={() => void ask()}>
            {say('rotate')}
          </Button>
        )
      }
    >
      <ProblemAlert error={change.error} />
      <DataTable
        label={say('keys')}
        columns={mayChange ? [...columns, action] : columns}
        rows={keys.data?.keys.filter(({ sub }) => sub === wl.id)}
        rowKey={({ kid }) => kid}
        error={keys.error}
        empty={say('noKey')}
      />
    </Section>
  );
}
