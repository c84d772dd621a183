import { Alert, List, Text } from '@mantine/core';
import { ApiProblem } from '../api/problem.ts';
import { sharedTexts } from '../texts/shared.ts';
import { useTexts } from '../texts/texts.ts';
import { Correlation } from './correlation.tsx';

interface Props {
  /** What a query or a mutation threw; nothing is shown without one. */
  readonly error: unknown;
  /** Pointers that the form shows at its fields itself. */
  readonly shownAtFields?: boolean;
}

/** A refusal in words, with its code and the correlation id to ask with. */
export function ProblemAlert({ error, shownAtFields = false }: Props) {
  const say = useTexts(sharedTexts);
  if (error === null || error === undefined) return null;
  const problem = error instanceof ApiProblem ? error : undefined;
  return (
    <Alert color="red" role="alert" title={say('failed')}>
      <Text size="sm">{wordsOf(error, say)}</Text>
      {problem !== undefined && !shownAtFields && problem.errors.length > 0 && (
        <List size="sm">
          {problem.errors.map(({ pointer, message }) => (
            <List.Item key={pointer}>
              {pointer}: {message}
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

function wordsOf(error: unknown, say: (key: 'offline' | 'conflict' | 'failed') => string): string {
  if (!(error instanceof ApiProblem)) return say('failed');
  if (error.code === 'OFFLINE') return say('offline');
  if (error.code === 'PRECONDITION_FAILED') return say('conflict');
  return error.message;
}
