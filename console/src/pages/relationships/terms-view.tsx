import { SimpleGrid, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Relationship } from '../../api/types.ts';
import { Section } from '../../parts/section.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Money } from '../../parts/values.tsx';
import { exportPolicyTexts, relationshipTexts } from '../../texts/relationships.ts';
import { useTexts } from '../../texts/texts.ts';

/** The terms, for those who may read them only. */
export function TermsView({ relationship }: { readonly relationship: Relationship }) {
  const say = useTexts(relationshipTexts);
  const sayPolicy = useTexts(exportPolicyTexts);
  const { status, fxRate, limitAmount, limitMode, commissionRate, approval } = relationship;
  const policy = relationship.export_policy;
  const facts: readonly (readonly [string, ReactNode])[] = [
    [say('status'), <StatusBadge key="status" status={status} />],
    [say('fxRate'), fxRate],
    [say('limitAmount'), <Money key="limit" amount={limitAmount} />],
    [say('limitMode'), limitMode],
    [say('commissionRate'), commissionRate],
    [say('approvalMode'), approval.mode],
    [say('aboveAmount'), <Money key="above" amount={approval.aboveAmount} />],
    [sayPolicy('include_categories'), policy?.include_categories.join(', ') || '–'],
    [sayPolicy('exclude_categories'), policy?.exclude_categories.join(', ') || '–'],
  ];
  return (
    <Section title={say('terms')}>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
        {facts.map(([label, value]) => (
          <div key={label}>
            <Text size="xs" c="dimmed">
              {label}
            </Text>
            <Text component="div">{value}</Text>
          </div>
        ))}
      </SimpleGrid>
    </Section>
  );
}
