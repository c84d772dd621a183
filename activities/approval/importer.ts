import type { Dispatcher } from 'undici';
import type { TraderAnswer } from '../../domain/purchase/answer.ts';
import { correlationHeaders } from '../../runtime/correlation.ts';
import { wlSubjectUri } from '../../runtime/tls.ts';
import { callJson } from '../clients/agent.ts';

export interface ImporterClient {
  /** Hands over a decision; throws unless the importer acknowledged it with 200. */
  deliver(importer: string, tradeId: string, answer: TraderAnswer): Promise<void>;
}

export interface ImporterClientDeps {
  readonly agent: Dispatcher;
  readonly peerUrl: (wlId: string) => Promise<string | undefined>;
}

// The importer answers once it has woken its workflow; nobody waits here.
const DELIVERY_TIMEOUT_MS = 5_000;

/** Calls an importer over mTLS: our certificate alone speaks for us (CONTRACTS.md). */
export function createImporterClient(deps: ImporterClientDeps): ImporterClient {
  const { agent, peerUrl } = deps;
  return {
    async deliver(importer, tradeId, answer) {
      const base = await peerUrl(importer);
      if (base === undefined) throw new Error(`${importer} has not registered its endpoint`);
      const { status } = await callJson({
        agent,
        partner: wlSubjectUri(importer),
        method: 'POST',
        url: `${base}/api/v2/trader/purchases/${encodeURIComponent(tradeId)}/decision`,
        headers: correlationHeaders(),
        body: answer,
        timeoutMs: DELIVERY_TIMEOUT_MS,
      });
      if (status !== 200) throw new Error(`${importer} answered the decision with ${status}`);
    },
  };
}
