import { Alert, Button, Loader, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { download } from '../../api/client.ts';
import { useRole } from '../../api/session.ts';
import { CopyId } from '../../parts/correlation.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { sharedTexts } from '../../texts/shared.ts';
import { useTexts } from '../../texts/texts.ts';
import { tradeTexts } from '../../texts/trades.ts';
import { TradeActions } from './actions.tsx';
import { Counted, Mismatches, Sides, TradeFacts } from './detail-parts.tsx';
import { TradeLink, tradePath } from './trade-link.tsx';
import { useTrade } from './trade.ts';
import type { TradeDetails } from './types.ts';

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
      actions={
        <>
          <Closer trade={trade} />
          <Evidence trade={trade} />
        </>
      }
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

/** The pages that look closer at a trade. */
function Closer({ trade }: { readonly trade: TradeDetails }) {
  const say = useTexts(tradeTexts);
  const mayExplain = useRole('support', 'auditor', 'risk');
  const maySee = useRole('support', 'auditor');
  const { tradeId, importer, exporter, status, parked } = trade;
  const key = { tradeId, importer: importer.wlId, exporter: exporter.wlId };
  return (
    <>
      {mayExplain && status === 'REJECTED' && !parked && (
        <TradeLink trade={key} page="explain">
          {say('explain')}
        </TradeLink>
      )}
      {maySee && (
        <TradeLink trade={key} page="film">
          {say('film')}
        </TradeLink>
      )}
    </>
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
