import { Select, SimpleGrid } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useWls } from '../../api/queries.ts';
import { Page } from '../../parts/page.tsx';
import { relationshipTexts } from '../../texts/relationships.ts';
import { useTexts } from '../../texts/texts.ts';
import { TermsForm } from './terms-form.tsx';

export default function NewRelationshipPage() {
  const say = useTexts(relationshipTexts);
  const navigate = useNavigate();
  const wls = useWls();
  const [src, setSrc] = useState<string | null>(null);
  const [dst, setDst] = useState<string | null>(null);
  const choices = wls.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  return (
    <Page title={say('new')} lead={say('lead')}>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select
          label={say('exporter')}
          data={choices.filter(({ value }) => value !== dst)}
          value={src}
          onChange={setSrc}
        />
        <Select
          label={say('importer')}
          data={choices.filter(({ value }) => value !== src)}
          value={dst}
          onChange={setDst}
        />
      </SimpleGrid>
      {src !== null && dst !== null && (
        <TermsForm
          key={`${src}/${dst}`}
          pair={{ src, dst }}
          onSaved={() => void navigate({ to: `/relationships/${src}/${dst}` })}
        />
      )}
    </Page>
  );
}
