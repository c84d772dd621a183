import type { AnchorProps } from '@mantine/core';
import type { ReactNode } from 'react';
import { PageLink } from '../../parts/page-link.tsx';

/** A trade by its key: two importers may use one id. */
export interface TradeKey {
  readonly tradeId: string;
  readonly importer: string;
  readonly exporter?: string | undefined;
}

interface Props extends AnchorProps {
  readonly trade: TradeKey;
  /** A page of the trade, `film`; without it its details. */
  readonly page?: string;
  readonly children: ReactNode;
}

export function TradeLink({ trade, page, children, ...anchor }: Props) {
  const { tradeId, importer, exporter } = trade;
  const below = page === undefined ? '' : `/${page}`;
  return (
    <PageLink
      to={`/trades/${encodeURIComponent(tradeId)}${below}`}
      search={{ importer, ...(exporter !== undefined && { exporter }) }}
      {...anchor}
    >
      {children}
    </PageLink>
  );
}

/** Where the API has something about this trade. */
export function tradePath({ tradeId }: Pick<TradeKey, 'tradeId'>, below = ''): string {
  return `/admin/api/trades/${encodeURIComponent(tradeId)}${below}`;
}
