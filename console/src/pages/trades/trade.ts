import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { get } from '../../api/client.ts';
import { tradePath } from './trade-link.tsx';
import type { TradeDetails } from './types.ts';

const REFRESH_MS = 5_000;

interface NamedTrade {
  readonly tradeId: string;
  readonly importer?: string;
  readonly exporter?: string;
}

/** Which trade the address names. */
export function useTradeKey(): NamedTrade {
  const { tradeId = '' } = useParams({ strict: false });
  const search: { importer?: string; exporter?: string } = useSearch({ strict: false });
  const { importer, exporter } = search;
  return {
    tradeId,
    ...(importer !== undefined && { importer }),
    ...(exporter !== undefined && { exporter }),
  };
}

/** Its details, asked for again while they are looked at. */
export function useTrade() {
  const { tradeId, importer, exporter } = useTradeKey();
  const path = tradePath({ tradeId }, '/details');
  return useQuery({
    queryKey: [path, importer, exporter],
    queryFn: ({ signal }) => get<TradeDetails>(path, { importer, exporter }, signal),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}
