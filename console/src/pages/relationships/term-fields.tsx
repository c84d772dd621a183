import { Checkbox, NumberInput, Select, SimpleGrid, Text, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import {
  APPROVAL_MODES,
  LIMIT_MODES,
  RELATIONSHIP_STATUSES,
} from '../../../../domain/policy/relationship.ts';
import { relationshipTexts } from '../../texts/relationships.ts';
import { useTexts } from '../../texts/texts.ts';
import type { Terms } from './terms.ts';

interface Props {
  readonly form: UseFormReturnType<Terms>;
  readonly mayMoveRisk: boolean;
}

const THRESHOLDS = ['alert', 'disable', 'enable'] as const;
const COLUMNS = { base: 1, xs: 2, md: 3 };

/** Decimals are text fields: what is typed is what is sent. */
export function TermFields({ form, mayMoveRisk }: Props) {
  const say = useTexts(relationshipTexts);
  const decimal = { inputMode: 'decimal', disabled: !mayMoveRisk } as const;
  return (
    <>
      {!mayMoveRisk && (
        <Text size="sm" c="dimmed">
          {say('needsRisk')}
        </Text>
      )}
      <SimpleGrid cols={COLUMNS}>
        <Select
          label={say('status')}
          data={[...RELATIONSHIP_STATUSES]}
          allowDeselect={false}
          {...form.getInputProps('status')}
        />
        <TextInput label={say('fxRate')} {...decimal} {...form.getInputProps('fxRate')} />
        <TextInput label={say('limitAmount')} {...decimal} {...form.getInputProps('limitAmount')} />
        <Select
          label={say('limitMode')}
          data={[...LIMIT_MODES]}
          allowDeselect={false}
          disabled={!mayMoveRisk}
          {...form.getInputProps('limitMode')}
        />
        <TextInput
          label={say('commissionRate')}
          {...decimal}
          {...form.getInputProps('commissionRate')}
        />
        {THRESHOLDS.map((name) => (
          <NumberInput
            key={name}
            label={say(name)}
            allowDecimal={false}
            {...form.getInputProps(`thresholds.${name}`)}
          />
        ))}
        <Select
          label={say('approvalMode')}
          data={[...APPROVAL_MODES]}
          allowDeselect={false}
          {...form.getInputProps('approval.mode')}
        />
        <TextInput
          label={say('aboveAmount')}
          inputMode="decimal"
          {...form.getInputProps('approval.aboveAmount')}
        />
        <TextInput
          label={say('maxAmount')}
          inputMode="decimal"
          {...form.getInputProps('velocity.maxAmount')}
        />
        <NumberInput
          label={say('windowSeconds')}
          allowDecimal={false}
          {...form.getInputProps('velocity.windowSeconds')}
        />
      </SimpleGrid>
      <Checkbox label={say('fourEyes')} {...form.getInputProps('fourEyes', { type: 'checkbox' })} />
    </>
  );
}
