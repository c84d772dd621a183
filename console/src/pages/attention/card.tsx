import { Badge, Group, Paper, Stack, Text } from '@mantine/core';
import { useWlName } from '../../api/queries.ts';
import { useRole } from '../../api/session.ts';
import { Correlation } from '../../parts/correlation.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Money, timeText } from '../../parts/values.tsx';
import { WorkflowLink } from '../../parts/workflow-link.tsx';
import { attentionTexts } from '../../texts/attention.ts';
import { useLanguage, useTexts, type Say } from '../../texts/texts.ts';
import { RescueButtons, RescueOutcome, useRescue } from '../trades/actions.tsx';
import type { RescuedTrade } from '../trades/rescue.ts';
import { TradeLink } from '../trades/trade-link.tsx';
import type { AttentionItem } from '../trades/types.ts';

interface Props {
  readonly item: AttentionItem;
}

const PARK_REASONS = [
  'UNRESOLVED',
  'TERMS_DIFFER',
  'ANSWER_INVALID',
  'REVERSED_UNEXPECTEDLY',
] as const;

/** One thing that waits: what it is, since when, what it means, and what can be done here. */
export function AttentionCard({ item }: Props) {
  const say = useTexts(attentionTexts);
  const language = useLanguage();
  const { kind, reason, since, correlationId, trade, quarantined } = item;
  return (
    <Paper component="li" withBorder p="md">
      <Stack gap="xs">
        <Group justify="space-between" gap="xs">
          <Group gap="xs">
            <StatusBadge status={kind} />
            <Badge color="red" variant="filled">
              {reason}
            </Badge>
          </Group>
          <Text size="sm" c="dimmed">
            {say('since', { at: timeText(since, language) })}
          </Text>
        </Group>
        <Text size="sm">{meaningOf(item, say)}</Text>
        {trade !== null && <Subject trade={trade} />}
        {quarantined !== null && <Sender {...quarantined} />}
        <Text size="xs" component="div">
          <Correlation id={correlationId} />
        </Text>
        {kind === 'PARKED' && trade !== null && <Rescue trade={trade} />}
      </Stack>
    </Paper>
  );
}

function meaningOf(
  { kind, reason, quarantined }: AttentionItem,
  say: Say<(typeof attentionTexts.keys)[number]>,
): string {
  if (kind === 'MISMATCH') return say('differ', { reason });
  if (kind === 'QUARANTINED') return say('refused', { count: quarantined?.times ?? 1 });
  const known = PARK_REASONS.find((one) => one === reason);
  return known === undefined ? reason : say(known);
}

type Trade = NonNullable<AttentionItem['trade']>;

function Subject({ trade }: { readonly trade: Trade }) {
  const say = useTexts(attentionTexts);
  const { tradeId, importer, exporter, offer, quantity, buyerMasked, parkedFrom } = trade;
  return (
    <div>
      <TradeLink trade={{ tradeId, importer: importer.wlId, exporter: exporter.wlId }} fw={600}>
        {offer.title === '' ? tradeId : offer.title}
      </TradeLink>
      <Text size="sm">
        {quantity} × · <Money amount={trade.amount} currency={trade.currency} /> ·{' '}
        {exporter.name ?? exporter.wlId} → {importer.name ?? importer.wlId} · {buyerMasked}
        {parkedFrom !== null && ` · ${say('from', { state: parkedFrom })}`}
      </Text>
      <Text size="xs" c="dimmed">
        <WorkflowLink party={importer.wlId} workflowId={trade.workflowId} />
      </Text>
    </div>
  );
}

function Sender({ wlId, detail }: { readonly wlId: string; readonly detail: string }) {
  const nameOf = useWlName();
  return (
    <Text size="sm">
      {nameOf(wlId)}: {detail}
    </Text>
  );
}

function Rescue({ trade }: { readonly trade: Trade }) {
  const isSupport = useRole('support');
  const rescued: RescuedTrade = {
    ...{ tradeId: trade.tradeId, status: trade.status, parked: true, title: trade.offer.title },
    ...{ importer: trade.importer.wlId, exporter: trade.exporter.wlId },
  };
  const work = useRescue(rescued);
  if (!isSupport) return null;
  return (
    <>
      <RescueButtons trade={rescued} work={work} />
      <RescueOutcome trade={rescued} work={work} />
    </>
  );
}
