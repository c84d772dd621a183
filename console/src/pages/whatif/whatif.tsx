import { useMutation } from '@tanstack/react-query';
import { post } from '../../api/client.ts';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useTexts } from '../../texts/texts.ts';
import { whatIfTexts } from '../../texts/whatif.ts';
import { QuestionForm } from './question-form.tsx';
import { bodyOf, type Question } from './question.ts';
import { Result, type WhatIf } from './result.tsx';

/** Past purchases of a pair, decided again with another rate, limit, policy or velocity. */
export default function WhatIfPage() {
  const say = useTexts(whatIfTexts);
  const work = useMutation({
    mutationFn: (question: Question) => post<WhatIf>('/admin/api/whatif', bodyOf(question)),
  });
  return (
    <Page title={say('title')} lead={say('lead')}>
      <QuestionForm isAsking={work.isPending} ask={(question) => work.mutateAsync(question)} />
      <ProblemAlert error={work.error} shownAtFields />
      {work.data !== undefined && <Result result={work.data} />}
    </Page>
  );
}
