import { Button, Code, Group, Paper, Stack, Table, Text } from '@mantine/core';
import { useWlName } from '../api/queries.ts';
import type { Revision } from '../api/types.ts';
import { revisionTexts } from '../texts/revisions.ts';
import { sharedTexts } from '../texts/shared.ts';
import { useLanguage, useTexts } from '../texts/texts.ts';
import { useCursorList } from './paging.ts';
import { PersonName } from './person.tsx';
import { ProblemAlert } from './problem-alert.tsx';
import { DotBadge } from './status-badge.tsx';
import { durationText, Time } from './values.tsx';

const PAGE = 5;
const LEAST_WIDTH = 300;

/** Who changed what and when, and which white labels have applied it; newest first. */
export function RevisionHistory({ path }: { readonly path: string }) {
  const shared = useTexts(sharedTexts);
  const { rows, error, paging } = useCursorList<Revision>(path, { limit: PAGE });
  if (error !== null) return <ProblemAlert error={error} />;
  return (
    <Stack>
      {rows?.map((revision) => (
        <OneRevision key={revision.revision} revision={revision} />
      ))}
      <Group justify="flex-end">
        {paging.previous !== undefined && (
          <Button variant="default" size="xs" onClick={paging.previous}>
            {shared('previous')}
          </Button>
        )}
        {paging.next !== undefined && (
          <Button variant="default" size="xs" onClick={paging.next}>
            {shared('next')}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function OneRevision({ revision }: { readonly revision: Revision }) {
  const say = useTexts(revisionTexts);
  return (
    <Paper withBorder p="sm">
      <Group justify="space-between" gap="xs">
        <Text fw={600}>{say('revision', { revision: revision.revision })}</Text>
        <Text size="sm" c="dimmed">
          <Time at={revision.at} /> · <PersonName id={revision.updatedBy} /> ·{' '}
          {revision.updatedSource}
        </Text>
      </Group>
      {revision.diff.length > 0 && <Diff diff={revision.diff} />}
      <Applied applied={revision.applied} />
    </Paper>
  );
}

function Diff({ diff }: Pick<Revision, 'diff'>) {
  const say = useTexts(revisionTexts);
  const label = say('diff');
  return (
    <Table.ScrollContainer
      minWidth={LEAST_WIDTH}
      type="native"
      tabIndex={0}
      role="region"
      aria-label={label}
    >
      <Table aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{say('field')}</Table.Th>
            <Table.Th scope="col">{say('before')}</Table.Th>
            <Table.Th scope="col">{say('after')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {diff.map(({ field, before, after }) => (
            <Table.Tr key={field}>
              <Table.Td>{field}</Table.Td>
              <Table.Td>
                <Code>{wordsOf(before)}</Code>
              </Table.Td>
              <Table.Td>
                <Code>{wordsOf(after)}</Code>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Applied({ applied }: Pick<Revision, 'applied'>) {
  const say = useTexts(revisionTexts);
  const language = useLanguage();
  const nameOf = useWlName();
  return (
    <Group gap="xs" mt="xs">
      {applied.map(({ wlId, at, driftMs }) => (
        <DotBadge
          key={wlId}
          color={at === null ? 'yellow' : 'green'}
          text={
            at === null
              ? say('notApplied', { wl: nameOf(wlId) })
              : say('applied', { wl: nameOf(wlId), after: durationText(driftMs, language) })
          }
        />
      ))}
    </Group>
  );
}

function wordsOf(value: unknown): string {
  return value === undefined || value === null ? '–' : JSON.stringify(value);
}
