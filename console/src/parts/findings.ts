import type { ProblemDetail } from '../../../api/http/problem.ts';
import { findingTexts } from '../texts/problems.ts';
import { useTexts } from '../texts/texts.ts';

/** Says a finding of the API in the language of the page. */
export function useFindingText(): (finding: ProblemDetail) => string {
  const say = useTexts(findingTexts);
  return ({ rule = 'other', bound = '', message }) => say(rule, { bound, message });
}
