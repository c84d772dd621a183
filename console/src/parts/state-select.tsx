import { Select } from '@mantine/core';
import { sharedTexts } from '../texts/shared.ts';
import { useTexts } from '../texts/texts.ts';

interface Props {
  readonly label: string;
  readonly states: readonly string[];
  readonly value: string | undefined;
  /** The state that was chosen; empty where any will do. */
  readonly change: (state: string) => void;
}

/** A filter by state, in the words of the API. */
export function StateSelect({ label, states, value, change }: Props) {
  const say = useTexts(sharedTexts);
  return (
    <Select
      label={label}
      placeholder={say('any')}
      clearable
      data={states}
      value={value ?? null}
      onChange={(state) => change(state ?? '')}
    />
  );
}
