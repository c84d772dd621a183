import { Alert, Button, Loader, Stack } from '@mantine/core';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { download, get } from '../../api/client.ts';
import { useRole } from '../../api/session.ts';
import { CopyId } from '../../parts/correlation.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { sharedTexts } from '../../texts/shared.ts';
import { useTexts } from '../../texts/texts.ts';
import { tradeTexts } from '../../texts/trades.ts';
import { TradeActions } from './actions.tsx';
import { Counted, Mismatches, Sides, TradeFacts } from './detail-parts.tsx';
import { tradePath, type TradeKey } from './trade-link.tsx';
import type { TradeDetails } from './types.ts';

const REFRESH_MS = 5_000;

/** Which trade the address names. */
export function useTradeKey(): Omit<TradeKey, 'importer'> & { readonly importer?: string } {
  const { tradeId = '' } = useParams({ strict: false });
  const { importer, exporter }: { importer?: string; exporter?: string } = useSearch({
    strict: false,
  });
  return {
    tradeId,
    ...(importer !== undefined && { importer }),
    ...(exporter !== undefined && { exporter }),
  };
}

export function useTrade() {
  const { tradeId, importer, exporter } = useTradeKey();
  const path = tradePath({ tradeId }, '/details');
  return useQuery({
    queryKey: [path, importer, exporter],
    queryFn: ({ signal }) => get<TradeDetails>(path, { importer, exporter }, signal),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}

export default function TradePage() {
  const say = useTexts(tradeTexts);
  const shared = useTexts(sharedTexts);
  const { data: trade, error } = useTrade();
  if (trade === undefined) {
    if (error !== null) return <ProblemAlert error={error} />;
    return <Loader aria-label={shared('loading')} />;
  }
  const { offer, tradeId } = trade;
  return (
    <Page
      title={`${say('one')}: ${offer.title === '' ? tradeId : offer.title}`}
      lead={<CopyId id={tradeId} label="ID" />}
      actions={<Evidence trade={trade} />}
    >
      {error !== null && <ProblemAlert error={error} />}
      {trade.disagreement.length > 0 && (
        <Alert color="yellow" title={say('mismatch')}>
          {trade.disagreement.join(', ')}
        </Alert>
      )}
      <Stack>
        <TradeActions
          trade={{
            ...{ tradeId, status: trade.status, parked: trade.parked, title: offer.title },
            ...{ importer: trade.importer.wlId, exporter: trade.exporter.wlId },
          }}
        />
        <TradeFacts trade={trade} />
        <Sides trade={trade} />
        <Counted trade={trade} />
        <Mismatches trade={trade} />
      </Stack>
    </Page>
  );
}

function Evidence({ trade }: { readonly trade: TradeDetails }) {
  const say = useTexts(tradeTexts);
  const isAuditor = useRole('auditor');
  const save = useMutation({
    mutationFn: () =>
      download(tradePath(trade, '/evidence'), `evidence-${trade.tradeId}.json`, {
        query: { importer: trade.importer.wlId },
      }),
  });
  if (!isAuditor) return null;
  return (
    <>
      <Button variant="default" loading={save.isPending} onClick={() => save.mutate()}>
        {say('evidence')}
      </Button>
      <ProblemAlert error={save.error} />
    </>
  );
}
