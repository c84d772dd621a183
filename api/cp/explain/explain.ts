import type { z } from 'zod';
import {
  explainDecision,
  explainTerms,
  explainUnrecorded,
  type Explanation,
} from '../../../domain/purchase/explain/explain.ts';
import type { RecordedDecision } from '../../../domain/purchase/recorded.ts';
import { REFUSAL_CODES, type RefusalCode } from '../../../domain/shared/codes.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { formatMinor, parseMinor, type Minor } from '../../../domain/shared/money.ts';
import { exporterDecisions, type DecisionItem } from '../../decisions/schemas.ts';
import { Problem } from '../../http/problem.ts';
import { decisionView } from '../../wl/purchases/schemas.ts';
import { askWl, purchasePath, type SupportDesk } from '../desk/support-desk.ts';

export interface ExplainRequest {
  readonly importer: string;
  readonly tradeId: string;
  /** Id of the person who asks. */
  readonly person: string;
}

type ImporterSide = z.output<typeof decisionView>;
type ExporterSide = z.output<typeof exporterDecisions>;

/** A trade's refusal, explained by the party that refused it. */
export interface Explained {
  readonly exporter: string;
  readonly state: ImporterSide['state'];
  /** Absent where nothing refused the purchase. */
  readonly refusal?: {
    readonly party: 'importer' | 'exporter';
    readonly decidedAt?: string;
    readonly explanation: Explanation;
  };
}

/** Both parties tell what they decided by; the domain decides it again. */
export async function explainTrade(
  desk: SupportDesk,
  { importer, tradeId, person }: ExplainRequest,
): Promise<Explained> {
  const path = purchasePath(tradeId, 'decision');
  const { body } = await askWl(desk, { wlId: importer, person, method: 'GET', path });
  const own = read(decisionView, body, importer);
  const { exporterWlId: exporter, state, reason } = own;
  const code = REFUSAL_CODES.find((one) => one === reason);
  if (code === undefined) return { exporter, state };
  const decided = own.decisions.findLast((item) => item.reason === code);
  if (decided !== undefined) {
    return { exporter, state, refusal: refusalOf('importer', code, decided, own.decisions) };
  }
  const theirs = await askExporter(desk, { exporter, importer, tradeId, person });
  const there = theirs?.decisions.findLast((item) => item.reason === code);
  if (there !== undefined) {
    const { decisions } = theirs ?? own;
    return { exporter, state, refusal: refusalOf('exporter', code, there, decisions) };
  }
  const explanation = explainByImporter(own, code, theirs);
  return { exporter, state, refusal: { party: 'importer', explanation } };
}

/** Undefined where the exporter has never heard of the trade: it decided nothing about it. */
async function askExporter(
  desk: SupportDesk,
  asked: ExplainRequest & { readonly exporter: string },
): Promise<ExporterSide | undefined> {
  const { exporter, importer, tradeId, person } = asked;
  const path = `/api/v2/trader/purchases/${encodeURIComponent(tradeId)}/decisions`;
  const query = `requesterWlId=${encodeURIComponent(importer)}`;
  try {
    const call = { wlId: exporter, person, method: 'GET', path: `${path}?${query}` } as const;
    return read(exporterDecisions, (await askWl(desk, call)).body, exporter);
  } catch (error) {
    if (error instanceof Problem && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

function refusalOf(
  party: 'importer' | 'exporter',
  code: RefusalCode,
  { at, version, decision }: DecisionItem,
  all: readonly DecisionItem[],
): NonNullable<Explained['refusal']> {
  const before = all.filter((item) => item.version < version).map((item) => item.decision);
  const explanation = explainDecision(decision, before);
  return {
    party,
    decidedAt: at,
    // Rules may have changed since: then the recorded facts no longer refuse, or for another reason.
    explanation:
      explanation?.code === code
        ? explanation
        : { ...explainUnrecorded(code), step: decision.step, whyNot: 'DECIDES_OTHERWISE_NOW' },
  };
}

/** What the importer made of an answer, or of none: its frozen terms against what was held. */
function explainByImporter(
  own: ImporterSide,
  code: RefusalCode,
  theirs: ExporterSide | undefined,
): Explanation {
  const { terms } = own;
  const asked = { quantity: terms.quantity, unitPrice: amount(terms.originUnitPrice) };
  if (code === 'HOLD_EXPIRED' || code === 'HOLD_TAKEN') {
    // A given hold that was gone, or another trade's, when its terms were read.
    const hold = code === 'HOLD_TAKEN' ? { ...asked, own: false } : undefined;
    return explainDecision(confirming(hold, asked)) ?? explainUnrecorded(code);
  }
  const held = theirs?.decisions.find(({ decision }) => decision.step === 'preflight')?.decision;
  if (code !== 'PRICE_CHANGED' || held?.step !== 'preflight') return explainUnrecorded(code);
  const { offer, relationship, quantity, currency } = held.facts;
  if (offer === undefined || relationship === undefined) return explainUnrecorded(code);
  const explanation = explainTerms({
    terms: {
      ...{ tradeId: own.tradeId, originUnitPrice: asked.unitPrice, quantity: terms.quantity },
      ...{ originCurrency: terms.originCurrency, fxRate: terms.fxRate },
      relationshipRevision: own.revisions.relationship,
    },
    held: {
      ...{ tradeId: own.tradeId, originUnitPrice: amount(offer.unitPrice), quantity },
      ...{ originCurrency: currency, fxRate: relationship.fxRate },
      relationshipRevision: relationship.revision,
    },
  });
  return explanation ?? explainUnrecorded(code);
}

interface Asked {
  readonly quantity: number;
  readonly unitPrice: Minor;
}

function confirming(
  hold: (Asked & { readonly own: boolean }) | undefined,
  asked: Asked,
): RecordedDecision {
  const text = ({ quantity, unitPrice }: Asked) => ({
    quantity,
    unitPrice: formatMinor(unitPrice),
  });
  const facts = {
    ...(hold !== undefined && { hold: { ...text(hold), own: hold.own } }),
    asked: text(asked),
  };
  return { step: 'confirm', facts };
}

function read<S extends z.ZodType>(shape: S, body: unknown, wlId: string): z.output<S> {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Problem('EXPORTER_UNAVAILABLE', {
    detail: `The white label ${wlId} gave no usable answer: it is not what the contract says.`,
    extensions: { wlId },
  });
}

function amount(text: string): Minor {
  const parsed = parseMinor(text);
  invariant(parsed.ok, 'the shape of the answer admits amounts only');
  return parsed.value;
}
