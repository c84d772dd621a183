import { useDebouncedCallback } from '@mantine/hooks';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

export type Filters<Key extends string> = Readonly<Partial<Record<Key, string>>>;

// A person stops typing for about this long between words.
const TYPING_MS = 350;

/** Filters that stand in the address, so that what is seen can be sent to somebody else. */
export function useFilters<Key extends string>(keys: readonly Key[]) {
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false });
  const navigate = useNavigate();
  const filters = pick(keys, search);
  const change = (patch: Filters<Key>): void => {
    const next = { ...search, ...patch };
    const set = Object.entries(next).filter(([, value]) => value !== undefined && value !== '');
    void navigate({ to: '.', search: Object.fromEntries(set), replace: true });
  };
  return { filters, change };
}

function pick<Key extends string>(
  keys: readonly Key[],
  search: Readonly<Record<string, unknown>>,
): Filters<Key> {
  const named = keys.map((key) => [key, search[key]] as const);
  // The router reads `text=12` as a number and `parked=true` as a truth.
  const set = named.filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return Object.fromEntries(set.map(([key, value]) => [key, String(value)])) as Filters<Key>;
}

/** A text that filters once typing pauses; another address brings its own text. */
export function useTypedFilter(value: string, change: (text: string) => void) {
  const [typed, setTyped] = useState({ text: value, of: value });
  const changeLater = useDebouncedCallback(change, TYPING_MS);
  const text = typed.of === value ? typed.text : value;
  return {
    value: text,
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => {
      setTyped({ text: event.currentTarget.value, of: value });
      changeLater(event.currentTarget.value.trim());
    },
  };
}
