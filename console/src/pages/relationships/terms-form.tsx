import { Button, Group, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { put } from '../../api/client.ts';
import { useWlName } from '../../api/queries.ts';
import { useRole } from '../../api/session.ts';
import type { Change, Relationship } from '../../api/types.ts';
import { confirm } from '../../parts/confirm.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useSaving } from '../../parts/saving.ts';
import { Section } from '../../parts/section.tsx';
import { useUnsavedGuard } from '../../parts/unsaved.ts';
import { exportPolicyTexts, relationshipTexts } from '../../texts/relationships.ts';
import { sharedTexts } from '../../texts/shared.ts';
import { useTexts } from '../../texts/texts.ts';
import { ExportPolicyFields } from './export-policy-fields.tsx';
import { TermFields } from './term-fields.tsx';
import { changedOf, termsOf, type Terms } from './terms.ts';

interface Props {
  readonly pair: { readonly src: string; readonly dst: string };
  /** Absent: a new one. */
  readonly relationship?: Relationship;
  /** The revision that is being changed. */
  readonly etag?: string | undefined;
  readonly onSaved?: () => void;
}

/** Terms and export policy in one form, saved as one revision. */
export function TermsForm({ pair, relationship, etag, onSaved }: Props) {
  const say = useTexts(relationshipTexts);
  const sayPolicy = useTexts(exportPolicyTexts);
  const shared = useTexts(sharedTexts);
  const nameOf = useWlName();
  const mayMoveRisk = useRole('risk');
  const before = relationship === undefined ? undefined : termsOf(relationship);
  const form = useForm<Terms>({ initialValues: termsOf(relationship) });
  const path = `/admin/api/relationships/${pair.src}/${pair.dst}`;
  const saving = useSaving({
    form,
    save: (values: Terms) =>
      put<Relationship | Change>(path, changedOf(before, values), { ifMatch: etag }),
    saidWhenSaved: (saved) => ('proposedBy' in saved ? say('queued') : shared('saved')),
    onSaved: (saved) => {
      if ('proposedBy' in saved) form.reset();
      onSaved?.();
    },
  });
  useUnsavedGuard(form.isDirty() && !saving.isPending && !saving.isSuccess);
  const submit = async (values: Terms): Promise<void> => {
    if (values.status === 'BLOCKED' && before?.status !== 'BLOCKED') {
      const answer = await confirm({
        title: say('blockTitle'),
        does: say('blockDoes', { exporter: nameOf(pair.src), importer: nameOf(pair.dst) }),
        button: say('block'),
        isDangerous: true,
      });
      if (answer === undefined) return;
    }
    saving.mutate(values);
  };
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
      <Stack>
        <ProblemAlert error={saving.error} shownAtFields />
        <Section title={say('terms')}>
          <TermFields form={form} mayMoveRisk={mayMoveRisk} />
        </Section>
        <Section title={sayPolicy('title')}>
          <ExportPolicyFields form={form} exporter={pair.src} />
        </Section>
        <Group justify="flex-end">
          <Button type="submit" loading={saving.isPending}>
            {shared('save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
