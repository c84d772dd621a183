import { Alert, List, Text } from '@mantine/core';
import { ApiProblem } from '../api/problem.ts';
import { refusedTexts } from '../texts/problems.ts';
import { sharedTexts } from '../texts/shared.ts';
import { useTexts, type Say } from '../texts/texts.ts';
import { Correlation } from './correlation.tsx';
import { useFindingText } from './findings.ts';

interface Props {
  /** What a query or a mutation threw; nothing is shown without one. */
  readonly error: unknown;
  /** Pointers that the form shows at its fields itself. */
  readonly shownAtFields?: boolean;
}

/** A refusal in words, with its code and the correlation id to ask with. */
export function ProblemAlert({ error, shownAtFields = false }: Props) {
  const say = useTexts(sharedTexts);
  const refused = useTexts(refusedTexts);
  const findingText = useFindingText();
  if (error === null || error === undefined) return null;
  const problem = error instanceof ApiProblem ? error : undefined;
  // What is special about this one, in the API's own words.
  const detail = problem?.body['detail'];
  const said = typeof detail === 'string' ? detail : undefined;
  return (
    <Alert color="red" role="alert" title={say('failed')}>
      <Text size="sm">{wordsOf(error, say, refused)}</Text>
      {said !== undefined && (
        <Text size="xs" lang="en">
          {said}
        </Text>
      )}
      {problem !== undefined && !shownAtFields && problem.errors.length > 0 && (
        <List size="sm">
          {problem.errors.map((finding) => (
            <List.Item key={finding.pointer}>
              {finding.pointer}: {findingText(finding)}
            </List.Item>
          ))}
        </List>
      )}
      {problem !== undefined && problem.code !== 'OFFLINE' && (
        <Text size="xs" mt="xs" component="div">
          {problem.code} <Correlation id={problem.correlationId} />
        </Text>
      )}
    </Alert>
  );
}

type Refused = (typeof refusedTexts.keys)[number];

function wordsOf(error: unknown, say: Say<'offline' | 'failed'>, refused: Say<Refused>): string {
  if (!(error instanceof ApiProblem)) return say('failed');
  const { code } = error;
  if (code === 'OFFLINE') return say('offline');
  const known = refusedTexts.keys.find((one) => one === code);
  return known === undefined ? error.message : refused(known);
}
