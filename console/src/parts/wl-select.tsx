import { Select } from '@mantine/core';
import { useWls } from '../api/queries.ts';
import { sharedTexts } from '../texts/shared.ts';
import { useTexts } from '../texts/texts.ts';

interface Props {
  readonly label: string;
  readonly value: string | undefined;
  /** The id that was chosen; empty where none is. */
  readonly change: (wlId: string) => void;
  /** One has to be chosen; without it none means any. */
  readonly required?: boolean;
}

/** A white label by its name. */
export function WlSelect({ label, value, change, required = false }: Props) {
  const say = useTexts(sharedTexts);
  const { data } = useWls();
  return (
    <Select
      label={label}
      placeholder={required ? undefined : say('any')}
      required={required}
      clearable={!required}
      data={data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
      value={value === undefined || value === '' ? null : value}
      onChange={(wlId) => change(wlId ?? '')}
    />
  );
}
