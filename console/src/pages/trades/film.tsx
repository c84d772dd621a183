import { Alert, Badge, Button, Group, List, Loader, Progress, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { z } from 'zod';
import type { filmView } from '../../../../api/cp/desk/film.ts';
import { download, get } from '../../api/client.ts';
import { usePersonName } from '../../api/people.ts';
import { Correlation } from '../../parts/correlation.tsx';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Section } from '../../parts/section.tsx';
import { durationText, timeText } from '../../parts/values.tsx';
import { filmTexts, happenedTexts } from '../../texts/film.ts';
import { sharedTexts } from '../../texts/shared.ts';
import { useLanguage, useTexts, type Language } from '../../texts/texts.ts';
import { TradeStatus } from './list.tsx';
import { TradeLink, tradePath } from './trade-link.tsx';
import { useTradeKey } from './trade.ts';

type Film = z.output<typeof filmView>;
type Entry = Film['entries'][number];

const LANES = ['importer', 'exporter', 'control-plane'] as const;

/** Everything that happened to a trade, in order, with the slow hop named. */
export default function FilmPage() {
  const say = useTexts(filmTexts);
  const shared = useTexts(sharedTexts);
  const { tradeId, importer, exporter } = useTradeKey();
  const path = tradePath({ tradeId }, '/film');
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: [path, importer, exporter],
    queryFn: ({ signal }) => get<Film>(path, { importer, exporter }, signal),
  });
  const save = useMutation({
    mutationFn: () =>
      download(path, `film-${tradeId}.json`, { query: { importer, exporter, download: 1 } }),
  });
  return (
    <Page
      title={say('title')}
      lead={say('lead')}
      actions={
        <>
          <Button variant="default" loading={isFetching} onClick={() => void refetch()}>
            {shared('reload')}
          </Button>
          <Button variant="default" loading={save.isPending} onClick={() => save.mutate()}>
            {say('download')}
          </Button>
        </>
      }
    >
      <ProblemAlert error={error ?? save.error} />
      {data === undefined && error === null && <Loader aria-label={shared('loading')} />}
      {data !== undefined && <Shown film={data} />}
    </Page>
  );
}

function Shown({ film }: { readonly film: Film }) {
  const say = useTexts(filmTexts);
  const { trade, correlationIds } = film;
  const key = {
    ...{ tradeId: trade.tradeId, importer: trade.importer.wlId, exporter: trade.exporter.wlId },
  };
  return (
    <>
      <TradeLink trade={key}>{say('back')}</TradeLink>
      <Slowest film={film} />
      <Missing film={film} />
      <Section title={say('about')}>
        <Facts
          facts={[
            { label: say('offer'), value: trade.offer.title },
            { label: say('status'), value: <TradeStatus trade={trade} /> },
            { label: say('importer'), value: trade.importer.name ?? trade.importer.wlId },
            { label: say('exporter'), value: trade.exporter.name ?? trade.exporter.wlId },
            { label: say('fxRate'), value: trade.fxRate },
            {
              label: say('correlations'),
              value: correlationIds.map((id) => <Correlation key={id} id={id} />),
            },
            { label: say('clocks'), value: <Clocks film={film} /> },
          ]}
        />
      </Section>
      <Timeline film={film} />
    </>
  );
}

function Slowest({ film: { slowest } }: { readonly film: Film }) {
  const say = useTexts(filmTexts);
  const happened = useTexts(happenedTexts);
  const language = useLanguage();
  if (slowest === null) return null;
  const { lane, durationMs, share } = slowest;
  const what = happened(slowest.code, { what: slowest.what });
  const percent = new Intl.NumberFormat(language, { style: 'percent' });
  const time = durationText(durationMs, language);
  return (
    <Alert color="yellow" title={say('slowest')}>
      {say('slowestIs', { lane: say(lane), what, time, share: percent.format(share) })}
    </Alert>
  );
}

function Missing({ film: { missing } }: { readonly film: Film }) {
  const say = useTexts(filmTexts);
  if (missing.length === 0) return null;
  return (
    <Alert color="red" role="alert" title={say('missing')}>
      <List size="sm">
        {missing.map(({ lane, why, detail }) => (
          <List.Item key={`${lane} ${detail}`}>
            {say(lane)}: {say(why)}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}

function Clocks({ film: { clocks } }: { readonly film: Film }) {
  const say = useTexts(filmTexts);
  const language = useLanguage();
  return clocks.map(({ lane, offsetMs, uncertaintyMs }) => (
    <Text key={lane} size="sm">
      {say('clock', {
        lane: say(lane),
        offset: signedText(offsetMs, language),
        uncertainty: durationText(uncertaintyMs, language),
      })}
    </Text>
  ));
}

function Timeline({ film }: { readonly film: Film }) {
  const say = useTexts(filmTexts);
  const language = useLanguage();
  const [isWhole, setIsWhole] = useState(false);
  const { entries, slowest } = film;
  const idle = entries.filter(({ isUsed }) => isUsed === false).length;
  const rows = entries
    .map((entry, index) => ({ entry, id: String(index) }))
    .filter(({ entry }) => isWhole || entry.isUsed !== false);
  const span = spanOf(entries);
  const lanes = LANES.map((lane): Column<{ readonly entry: Entry }> => ({
    key: lane,
    label: say(lane),
    cell: ({ entry }) =>
      entry.lane === lane && <Happened entry={entry} isSlowest={isSame(entry, slowest)} />,
  }));
  return (
    <Section
      title={say('timeline')}
      actions={
        idle > 0 && (
          <Button variant="default" size="xs" onClick={() => setIsWhole(!isWhole)}>
            {isWhole ? say('usedTokens') : say('allTokens', { count: idle })}
          </Button>
        )
      }
    >
      <DataTable
        label={say('timeline')}
        columns={[
          {
            key: 'time',
            label: say('time'),
            cell: ({ entry }) => (
              <time dateTime={entry.at} title={`${timeText(entry.at, language)} (${entry.at})`}>
                {signedText(Date.parse(entry.at) - span.from, language)}
              </time>
            ),
          },
          ...lanes,
          {
            key: 'lasted',
            label: say('lasted'),
            cell: ({ entry }) => <Lasted entry={entry} span={span} />,
          },
        ]}
        rows={rows}
        rowKey={({ id }) => id}
      />
    </Section>
  );
}

interface Span {
  readonly from: number;
  readonly ms: number;
}

/** From the purchase on; tokens were there before it. */
function spanOf(entries: readonly Entry[]): Span {
  const own = entries.filter(({ kind }) => kind !== 'token');
  const starts = own.map(({ at }) => Date.parse(at));
  const ends = own.map(({ at, durationMs = 0 }) => Date.parse(at) + durationMs);
  const from = Math.min(...starts);
  return { from, ms: Math.max(1, Math.max(...ends) - from) };
}

function signedText(ms: number, language: Language): string {
  return `${ms < 0 ? '−' : '+'}${durationText(Math.abs(ms), language)}`;
}

function isSame(entry: Entry, slowest: Film['slowest']): boolean {
  if (slowest === null) return false;
  return entry.lane === slowest.lane && entry.code === slowest.code && entry.at === slowest.at;
}

// Details that name somebody.
const PEOPLE: readonly string[] = ['person', 'actor'];

function Happened({ entry, isSlowest }: { readonly entry: Entry; readonly isSlowest: boolean }) {
  const say = useTexts(filmTexts);
  const happened = useTexts(happenedTexts);
  const nameOf = usePersonName();
  const { kind, code, what, details } = entry;
  const shownOf = (name: string, value: unknown): string =>
    PEOPLE.includes(name) ? nameOf(String(value)) : String(value);
  const told = Object.entries(details).filter(([, value]) => value !== null && value !== '');
  return (
    <div style={{ overflowWrap: 'anywhere' }}>
      <Group gap={4}>
        <Text span size="xs" c="dimmed">
          {say(kind)}
        </Text>
        {isSlowest && (
          <Badge size="xs" color="red" variant="filled">
            {say('slowest')}
          </Badge>
        )}
      </Group>
      <Text size="sm">
        {happened(code, {
          what,
          type: String(details['type'] ?? ''),
          name: String(details['name'] ?? ''),
          action: String(details['action'] ?? ''),
          decision: String(details['decision'] ?? ''),
        })}
      </Text>
      <Text size="xs" c="dimmed">
        {told.map(([name, value]) => `${name}: ${shownOf(name, value)}`).join(' · ')}
      </Text>
    </div>
  );
}

const FULL = 100;
// Thinner bars can not be seen.
const LEAST = 1;

/** How long it took, in words, and where that lies in the whole. */
function Lasted({ entry, span }: { readonly entry: Entry; readonly span: Span }) {
  const language = useLanguage();
  const { at, durationMs } = entry;
  if (durationMs === undefined) return null;
  const before = Math.min(
    FULL - LEAST,
    Math.max(0, ((Date.parse(at) - span.from) / span.ms) * FULL),
  );
  const width = Math.max(LEAST, (durationMs / span.ms) * FULL);
  return (
    <>
      <Text size="xs">{durationText(durationMs, language)}</Text>
      <Progress.Root size="sm" w={120} aria-hidden>
        <Progress.Section value={before} color="transparent" withAria={false} />
        <Progress.Section value={width} withAria={false} />
      </Progress.Root>
    </>
  );
}
