import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get, type Query } from '../api/client.ts';
import type { Page } from '../api/types.ts';

/** The way from page to page; a direction that is undefined leads nowhere. */
export interface Paging {
  readonly page: number;
  readonly previous: (() => void) | undefined;
  readonly next: (() => void) | undefined;
  /** Of lists that know their length. */
  readonly range?: { readonly from: number; readonly to: number; readonly total: number };
}

export interface ListOptions {
  /** Parameters beside the paging; a change starts at the first page again. */
  readonly query?: Query;
  readonly limit?: number;
  /** How often the page is asked for again. */
  readonly refreshMs?: number;
  readonly enabled?: boolean;
}

const DEFAULT_LIMIT = 25;

/** A list that is paged by cursor; `Whole` names what its answer has beside the rows. */
export function useCursorList<T, Whole extends Page<T> = Page<T>>(
  path: string,
  options: ListOptions = {},
) {
  const { query = {}, limit = DEFAULT_LIMIT, refreshMs = false, enabled = true } = options;
  const filter = JSON.stringify(query);
  const [trail, setTrail] = useState<Trail>({ filter, cursors: [] });
  const cursors = trail.filter === filter ? trail.cursors : [];
  const cursor = cursors.at(-1);
  const result = useQuery({
    queryKey: [path, query, limit, cursor],
    queryFn: ({ signal }) => get<Whole>(path, { ...query, limit, cursor }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: refreshMs,
    enabled,
  });
  const nextCursor = result.data?.nextCursor;
  const go = (to: readonly string[]) => () => setTrail({ filter, cursors: to });
  const paging: Paging = {
    page: cursors.length + 1,
    previous: cursors.length === 0 ? undefined : go(cursors.slice(0, -1)),
    next: nextCursor === undefined ? undefined : go([...cursors, nextCursor]),
  };
  return { ...result, rows: result.data?.items, paging };
}

interface Trail {
  readonly filter: string;
  readonly cursors: readonly string[];
}

/** A list that is paged by offset and knows its length. */
export function useOffsetList<T>(path: string, options: ListOptions = {}) {
  const { query = {}, limit = DEFAULT_LIMIT, refreshMs = false, enabled = true } = options;
  const filter = JSON.stringify(query);
  const [place, setPlace] = useState({ filter, offset: 0 });
  const offset = place.filter === filter ? place.offset : 0;
  const result = useQuery({
    queryKey: [path, query, limit, offset],
    queryFn: ({ signal }) => get<Page<T>>(path, { ...query, limit, offset }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: refreshMs,
    enabled,
  });
  const total = result.data?.total ?? 0;
  const to = Math.min(offset + limit, total);
  const go = (at: number) => () => setPlace({ filter, offset: at });
  const paging: Paging = {
    page: offset / limit + 1,
    previous: offset === 0 ? undefined : go(Math.max(0, offset - limit)),
    next: to >= total ? undefined : go(offset + limit),
    range: { from: total === 0 ? 0 : offset + 1, to, total },
  };
  return { ...result, rows: result.data?.items, paging };
}
