import { useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import type { personView } from '../../../api/cp/users/people-route.ts';
import { get } from './client.ts';
import { useWlName } from './queries.ts';
import { useSession } from './session.ts';

type Person = z.output<typeof personView>;

// Colleagues come and go by the week.
const FRESH_MS = 60_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
// Enough of an id to tell two apart, and to search the audit by.
const SHOWN_OF_ID = 8;

/**
 * Who is meant by an id: `Ana (risk)`, the name of a white label, or the id cut short where nobody
 * is known by it. What is no id, such as `control-plane`, stays as it is.
 */
export function usePersonName(): (id: string) => string {
  const session = useSession();
  const nameOfWl = useWlName();
  const { data } = useQuery({
    queryKey: ['people', session?.user.id],
    queryFn: ({ signal }) =>
      get<{ readonly items: readonly Person[] }>('/admin/api/people', {}, signal),
    enabled: session !== undefined,
    staleTime: FRESH_MS,
  });
  const people = new Map(data?.items.map((person) => [person.id, person]));
  return (id) => {
    const person = people.get(id);
    if (person !== undefined) return `${person.called} (${person.roles.join(', ')})`;
    const wl = nameOfWl(id);
    return wl === id && UUID.test(id) ? `${id.slice(0, SHOWN_OF_ID)}…` : wl;
  };
}
