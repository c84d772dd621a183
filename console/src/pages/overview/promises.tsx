import { Group, Paper, SimpleGrid, Text } from '@mantine/core';
import type { MetricsReport } from '../../api/types.ts';
import { DotBadge } from '../../parts/status-badge.tsx';
import { durationText } from '../../parts/values.tsx';
import { overviewTexts } from '../../texts/overview.ts';
import { useLanguage, useTexts } from '../../texts/texts.ts';

interface Tile {
  readonly key: 'confirm' | 'purchase' | 'signal' | 'drift';
  readonly measuredMs: number | null;
  readonly targetMs?: number;
}

/** What was promised and what was measured. */
export function Promises({ slo }: { readonly slo: MetricsReport['slo'] }) {
  const { confirm, purchase, signals, policyDrift } = slo;
  const tiles: readonly Tile[] = [
    { key: 'confirm', measuredMs: confirm.latency.p99, targetMs: confirm.targetMs },
    { key: 'purchase', measuredMs: purchase.latency.p99 },
    { key: 'signal', measuredMs: signals.applied.p99, targetMs: signals.targetMs },
    { key: 'drift', measuredMs: policyDrift.drift.p99, targetMs: policyDrift.targetMs },
  ];
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
      {tiles.map((tile) => (
        <PromiseTile key={tile.key} tile={tile} />
      ))}
    </SimpleGrid>
  );
}

function PromiseTile({ tile: { key, measuredMs, targetMs } }: { readonly tile: Tile }) {
  const say = useTexts(overviewTexts);
  const language = useLanguage();
  return (
    <Paper withBorder p="md">
      <Text size="sm">{say(key)}</Text>
      <Text fz="h2" fw={700}>
        {durationText(measuredMs, language)}
      </Text>
      <Group justify="space-between" gap="xs">
        <Text size="xs" c="dimmed">
          {targetMs === undefined
            ? say('noTarget')
            : say('target', { target: durationText(targetMs, language) })}
        </Text>
        {targetMs !== undefined && <Verdict measuredMs={measuredMs} targetMs={targetMs} />}
      </Group>
    </Paper>
  );
}

interface VerdictProps {
  readonly measuredMs: number | null;
  readonly targetMs: number;
}

function Verdict({ measuredMs, targetMs }: VerdictProps) {
  const say = useTexts(overviewTexts);
  if (measuredMs === null) return <DotBadge color="gray" text={say('noData')} />;
  const isKept = measuredMs <= targetMs;
  return <DotBadge color={isKept ? 'green' : 'red'} text={say(isKept ? 'kept' : 'missed')} />;
}
