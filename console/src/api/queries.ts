import { QueryClient, useQuery } from '@tanstack/react-query';
import { get } from './client.ts';
import { ApiProblem } from './problem.ts';
import { useSession } from './session.ts';
import type { Page, ServerSession, Wl } from './types.ts';

// A console is looked at by several people at once: older figures are asked for again.
const FRESH_MS = 5_000;
const RETRIES = 2;
const SERVER_ERROR = 500;
// Names of white labels change rarely; the registry holds at most a few hundred.
const REGISTRY_FRESH_MS = 60_000;
const REGISTRY_LIMIT = 200;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      // A refusal stays one; a broken connection may not.
      retry: (failures, error) => failures < RETRIES && isTransient(error),
    },
    mutations: { retry: false },
  },
});

function isTransient(error: unknown): boolean {
  if (!(error instanceof ApiProblem)) return false;
  return error.code === 'OFFLINE' || error.status >= SERVER_ERROR;
}

export function useServerSession(): ServerSession | undefined {
  const session = useSession();
  const { data } = useQuery({
    queryKey: ['session', session?.user.id],
    queryFn: ({ signal }) => get<ServerSession>('/admin/api/session', {}, signal),
    enabled: session !== undefined,
    staleTime: REGISTRY_FRESH_MS,
  });
  return data;
}

/** The registry, for names and choices. */
export function useWls() {
  return useQuery({
    queryKey: ['wls'],
    queryFn: ({ signal }) =>
      get<Page<Wl>>('/admin/api/wls', { limit: REGISTRY_LIMIT, offset: 0 }, signal),
    staleTime: REGISTRY_FRESH_MS,
  });
}

/** The name of a white label, or its id while the registry is on its way. */
export function useWlName(): (wlId: string) => string {
  const { data } = useWls();
  const names = new Map(data?.items.map(({ id, name }) => [id, name]));
  return (wlId) => names.get(wlId) ?? wlId;
}
