import { useNavigate } from '@tanstack/react-router';
import { post } from '../../api/client.ts';
import type { Wl } from '../../api/types.ts';
import { Page } from '../../parts/page.tsx';
import { wlTexts } from '../../texts/wls.ts';
import { useTexts } from '../../texts/texts.ts';
import { FactsForm } from './facts-form.tsx';

export default function NewWlPage() {
  const say = useTexts(wlTexts);
  const navigate = useNavigate();
  return (
    <Page title={say('new')}>
      <FactsForm
        save={(body) => post<Wl>('/admin/api/wls', body)}
        onSaved={({ id }) => void navigate({ to: `/wls/${id}` })}
      />
    </Page>
  );
}
