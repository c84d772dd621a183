import { DateTimePicker } from '@mantine/dates';

interface Props {
  readonly label: string;
  readonly value: string | undefined;
  /** The instant that was chosen; empty where none is. */
  readonly change: (instant: string) => void;
  readonly required?: boolean;
}

/** A moment of the person's own clock, sent as an instant. */
export function Instant({ label, value, change, required = false }: Props) {
  const isValid = value !== undefined && !Number.isNaN(Date.parse(value));
  return (
    <DateTimePicker
      label={label}
      required={required}
      clearable
      valueFormat="DD/MM/YYYY HH:mm"
      value={isValid ? new Date(value) : null}
      onChange={(local) => change(local === null ? '' : new Date(local).toISOString())}
    />
  );
}
