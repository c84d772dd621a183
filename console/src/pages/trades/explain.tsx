import { Alert, List, Loader, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ChangeView, ExplainView } from '../../../../api/cp/explain/schemas.ts';
import { get } from '../../api/client.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Section } from '../../parts/section.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Time } from '../../parts/values.tsx';
import { explainTexts } from '../../texts/explain.ts';
import { sharedTexts } from '../../texts/shared.ts';
import { useLanguage, useTexts } from '../../texts/texts.ts';
import { TradeLink, tradePath } from './trade-link.tsx';
import { useTradeKey } from './trade.ts';

/** The rule that refused, what it looked at, and the smallest change that would have passed it. */
export default function ExplainPage() {
  const say = useTexts(explainTexts);
  const shared = useTexts(sharedTexts);
  const language = useLanguage();
  const { tradeId, importer } = useTradeKey();
  const path = tradePath({ tradeId }, '/explain');
  const { data, error } = useQuery({
    // Sentences come in the language of the page.
    queryKey: [path, importer, language],
    queryFn: ({ signal }) => get<ExplainView>(path, { importer }, signal),
  });
  return (
    <Page title={say('title')} lead={say('lead')}>
      <ProblemAlert error={error} />
      {data === undefined && error === null && <Loader aria-label={shared('loading')} />}
      {data !== undefined && (
        <>
          <TradeLink trade={{ tradeId, importer: data.importerWlId, exporter: data.exporterWlId }}>
            {say('back')}
          </TradeLink>
          <Explained explained={data} />
        </>
      )}
    </Page>
  );
}

function Explained({ explained }: { readonly explained: ExplainView }) {
  const say = useTexts(explainTexts);
  const { refused, state, inputs = {} } = explained;
  if (!refused) return <Alert color="blue">{say('notRefused', { state })}</Alert>;
  return (
    <Stack>
      <Decision explained={explained} />
      <WaysOut explained={explained} />
      <Section title={say('inputs')}>
        <DataTable
          label={say('inputs')}
          columns={[
            { key: 'name', label: say('name'), cell: ([name]) => name },
            { key: 'value', label: say('value'), cell: ([, value]) => String(value ?? '–') },
          ]}
          rows={Object.entries(inputs)}
          rowKey={([name]) => name}
        />
      </Section>
    </Stack>
  );
}

function Decision({ explained }: { readonly explained: ExplainView }) {
  const say = useTexts(explainTexts);
  const { code, party, step, rule, decidedAt, revision } = explained;
  return (
    <Section title={say('decided')}>
      <Facts
        facts={[
          { label: say('code'), value: <StatusBadge status={code ?? '–'} /> },
          { label: say('rule'), value: rule ?? '–' },
          { label: say('by'), value: party === undefined ? '–' : say(party) },
          { label: say('step'), value: step ?? '–' },
          { label: say('at'), value: decidedAt === undefined ? '–' : <Time at={decidedAt} /> },
          { label: say('policyRevision'), value: revision?.policy ?? '–' },
          { label: say('relationshipRevision'), value: revision?.relationship ?? '–' },
        ]}
      />
    </Section>
  );
}

function WaysOut({ explained }: { readonly explained: ExplainView }) {
  const say = useTexts(explainTexts);
  const { change, further = [], alternatives = [], whyNot, provenBy } = explained;
  if (change === undefined) {
    return (
      <Alert color="yellow" title={say('whyNot')}>
        {whyNot?.message}
      </Alert>
    );
  }
  return (
    <Section title={say('change')}>
      <OneChange change={change} />
      {further.length > 0 && (
        <>
          <Text size="sm">{say('after')}</Text>
          <Changes changes={further} />
        </>
      )}
      {provenBy !== undefined && (
        <Text size="sm" c="dimmed">
          {say('proven', { name: provenBy.decidedBy })}
        </Text>
      )}
      {alternatives.length > 0 && (
        <>
          <Text fw={600} size="sm">
            {say('alternatives')}
          </Text>
          <List>
            {alternatives.map(({ change: other, further: next }) => (
              <List.Item key={`${other.kind} ${other.field ?? ''}`}>
                <OneChange change={other} />
                {next.length > 0 && (
                  <>
                    <Text size="sm">{say('after')}</Text>
                    <Changes changes={next} />
                  </>
                )}
              </List.Item>
            ))}
          </List>
        </>
      )}
    </Section>
  );
}

function Changes({ changes }: { readonly changes: readonly ChangeView[] }) {
  return (
    <List>
      {changes.map((change) => (
        <List.Item key={`${change.kind} ${change.field ?? ''}`}>
          <OneChange change={change} />
        </List.Item>
      ))}
    </List>
  );
}

function OneChange({ change: { message, party } }: { readonly change: ChangeView }) {
  const say = useTexts(explainTexts);
  return (
    <div>
      <Text>{message}</Text>
      <Text size="sm" c="dimmed">
        {say('who', { party: say(party) })}
      </Text>
    </div>
  );
}
