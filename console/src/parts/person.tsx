import { Text } from '@mantine/core';
import { usePersonName } from '../api/people.ts';

/** Somebody by name and role; the whole id is in the title. */
export function PersonName({ id }: { readonly id: string }) {
  const nameOf = usePersonName();
  return (
    <Text span size="sm" title={id} style={{ overflowWrap: 'anywhere' }}>
      {nameOf(id)}
    </Text>
  );
}
