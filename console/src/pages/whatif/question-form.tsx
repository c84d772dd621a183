import { Button, Checkbox, Group, Select, SimpleGrid, TagsInput, TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { useState } from 'react';
import { fieldErrorsOf } from '../../api/problem.ts';
import { useWls } from '../../api/queries.ts';
import { useFindingText } from '../../parts/findings.ts';
import { Instant } from '../../parts/instant.tsx';
import { Section } from '../../parts/section.tsx';
import { useTexts } from '../../texts/texts.ts';
import { whatIfTexts } from '../../texts/whatif.ts';
import { emptyQuestion, type Question } from './question.ts';

interface Props {
  readonly isAsking: boolean;
  readonly ask: (question: Question) => Promise<unknown>;
}

export function QuestionForm({ isAsking, ask }: Props) {
  const say = useTexts(whatIfTexts);
  const sayOf = useFindingText();
  const [initialValues] = useState(() => emptyQuestion(Date.now()));
  const form = useForm<Question>({ initialValues });
  const { since, until, replacesPolicy } = form.values;
  const submit = async (question: Question): Promise<void> => {
    // The page shows the refusal; findings stand at their fields.
    await ask(question).catch((error: unknown) => form.setErrors(fieldErrorsOf(error, sayOf)));
  };
  return (
    <Section title={say('question')}>
      <form onSubmit={form.onSubmit((question) => void submit(question))} noValidate>
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm">
          <PairFields form={form} />
          <Instant
            label={say('since')}
            value={since}
            change={(instant) => form.setFieldValue('since', instant)}
          />
          <Instant
            label={say('until')}
            value={until}
            change={(instant) => form.setFieldValue('until', instant)}
          />
          {(['fxRate', 'limitAmount'] as const).map((field) => (
            <TextInput
              key={field}
              label={say(field)}
              placeholder={say('asItWas')}
              inputMode="decimal"
              {...form.getInputProps(field)}
            />
          ))}
          {(['maxAmount', 'windowSeconds'] as const).map((field) => (
            <TextInput
              key={field}
              label={say(field)}
              placeholder={say('asItWas')}
              inputMode="decimal"
              {...form.getInputProps(`velocity.${field}`)}
            />
          ))}
        </SimpleGrid>
        <Checkbox
          mt="sm"
          label={say('replacePolicy')}
          {...form.getInputProps('replacesPolicy', { type: 'checkbox' })}
        />
        {replacesPolicy && <PolicyFields form={form} />}
        <Group justify="flex-end" mt="sm">
          <Button type="submit" loading={isAsking}>
            {say('run')}
          </Button>
        </Group>
      </form>
    </Section>
  );
}

/** Either side, both, or neither: then it asks of every pair. */
function PairFields({ form }: { readonly form: UseFormReturnType<Question> }) {
  const say = useTexts(whatIfTexts);
  const { data } = useWls();
  const wls = data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  return (['src', 'dst'] as const).map((side) => (
    <Select
      key={side}
      label={say(side)}
      placeholder={say('every')}
      clearable
      data={wls}
      {...form.getInputProps(side)}
      value={form.values[side] === '' ? null : form.values[side]}
      onChange={(chosen) => form.setFieldValue(side, chosen ?? '')}
    />
  ));
}

const LISTS = [
  { field: 'include_categories', label: 'include' },
  { field: 'exclude_categories', label: 'exclude' },
  { field: 'entity_allowlist', label: 'allow' },
  { field: 'entity_blocklist', label: 'block' },
] as const;

function PolicyFields({ form }: { readonly form: UseFormReturnType<Question> }) {
  const say = useTexts(whatIfTexts);
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" mt="sm">
      <Checkbox
        label={say('enabled')}
        {...form.getInputProps('exportPolicy.enabled', { type: 'checkbox' })}
      />
      <div />
      {LISTS.map(({ field, label }) => (
        <TagsInput
          key={field}
          label={say(label)}
          {...form.getInputProps(`exportPolicy.${field}`)}
        />
      ))}
    </SimpleGrid>
  );
}
