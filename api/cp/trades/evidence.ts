import { z } from 'zod';
import { sha256 } from '../../../db/audit.ts';
import { collectEvidence, tradesOfId, type TradeKey } from '../../../db/cp/evidence/collect.ts';
import {
  EVIDENCE_FORMAT,
  EVIDENCE_PARTS,
  type EvidenceBundle,
  type EvidenceManifest,
  type EvidenceParts,
} from '../../../domain/audit/evidence.ts';
import { canonicalJson, type Json } from '../../../domain/shared/canonical.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Route } from '../../http/route.ts';
import type { CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { wlId } from '../schemas.ts';

type EvidenceDeps = Pick<CpApiDeps, 'db' | 'signer'>;

const MAX_TRADE_ID = 100;

/** One file with everything that is known of a trade, which anybody can verify without us. */
export function evidenceRoute({ db, signer }: EvidenceDeps, guards: Guards): Route {
  return route({
    tag: 'Audit',
    group: 'admin',
    guard: guards.operator('auditor'),
    method: 'get',
    path: '/admin/api/trades/:id/evidence',
    summary: 'Signed evidence of one trade, for `xwl verify`',
    params: z.object({ id: z.string().min(1).max(MAX_TRADE_ID) }),
    query: z.object({ importer: wlId.optional() }),
    responses: { 200: bundleView },
    refuses: ['NOT_FOUND', 'CONFLICT'],
    handler: async ({ params, query }) => {
      const trade = theOne(await tradesOfId(db, params.id), query.importer);
      const parts = await collectEvidence(db, trade, (head) => signer.signAuditHead(head));
      const manifest = manifestOf(trade, parts, signer.issuer);
      const signature = await signer.signManifest(canonicalJson(asJson(manifest)));
      const bundle: EvidenceBundle = { format: EVIDENCE_FORMAT, manifest, signature, parts };
      const disposition = `attachment; filename="evidence-${encodeURIComponent(trade.tradeId)}.json"`;
      return {
        status: 200,
        // As it is signed: white space would be bytes that nobody vouches for.
        body: canonicalJson(asJson(bundle)),
        contentType: 'application/json; charset=utf-8',
        headers: { 'Content-Disposition': disposition, 'Cache-Control': 'no-store' },
      };
    },
  });
}

function theOne(trades: readonly TradeKey[], importer: string | undefined): TradeKey {
  const [trade, ...others] = trades.filter(
    (one) => importer === undefined || one.importer === importer,
  );
  if (trade === undefined) throw new Problem('NOT_FOUND');
  if (others.length === 0) return trade;
  throw new Problem('CONFLICT', { detail: 'Several WLs use this trade id: name the `importer`.' });
}

function manifestOf(trade: TradeKey, parts: EvidenceParts, issuer: string): EvidenceManifest {
  const hashes = EVIDENCE_PARTS.map((name) => [name, sha256(canonicalJson(asJson(parts[name])))]);
  return {
    format: EVIDENCE_FORMAT,
    issuer,
    createdAt: new Date().toISOString(),
    ...trade,
    parts: Object.fromEntries(hashes) as EvidenceManifest['parts'],
  };
}

// Interfaces have no index signature; these hold nothing but JSON.
function asJson(
  value: EvidenceBundle | EvidenceManifest | EvidenceParts[keyof EvidenceParts],
): Json {
  return value as unknown as Json;
}

const bundleView = z
  .object({
    format: z.literal(EVIDENCE_FORMAT),
    manifest: z.record(z.string(), z.unknown()),
    signature: z.string(),
    parts: z.record(z.string(), z.array(z.unknown())),
  })
  .meta({ description: 'See docs/audit.md and domain/audit/evidence.ts for every field.' });
