import type { EvidenceEvent } from '../../domain/audit/evidence.ts';
import { canonicalJson, type Json } from '../../domain/shared/canonical.ts';
import { convertUnitPrice, parseRate } from '../../domain/shared/fx.ts';
import { formatMinor, multiply, parseMinor } from '../../domain/shared/money.ts';
import type { TraderPurchaseData } from '../../domain/telemetry/events.ts';
import type { Findings, VerifiedBundle } from './finding.ts';

/** The event that says where a side stands; the others tell of what happened on the way. */
const STATUS_EVENT = 'TRADER_PURCHASE';
/** Both books hold the trade then, and must hold the same. */
const BOOKED: ReadonlySet<string> = new Set(['CONFIRMED', 'REVERSED']);

const dataOf = ({ event }: EvidenceEvent): TraderPurchaseData =>
  event.data as unknown as TraderPurchaseData;

/** Every event is about this trade, by one of its sides, in that side's role. */
export function checkTrade({ trade, parts }: VerifiedBundle, found: Findings): void {
  for (const one of parts.events) {
    found.looked('trade');
    const { tradeId, role, counterpartWlId } = dataOf(one);
    const isImporter = one.event.wlId === trade.importer;
    const expected = isImporter
      ? { role: 'IMPORTER', counterpart: trade.exporter, wlId: trade.importer }
      : { role: 'EXPORTER', counterpart: trade.importer, wlId: trade.exporter };
    const isOurs =
      tradeId === trade.tradeId &&
      role === expected.role &&
      counterpartWlId === expected.counterpart &&
      one.event.wlId === expected.wlId;
    if (!isOurs) found.add('trade', `event ${one.event.eventId}`, 'is about another trade');
  }
}

/** A side says one thing under one version of its row. */
export function checkVersions({ parts }: VerifiedBundle, found: Findings): void {
  const said = new Map<string, string>();
  for (const one of parts.events.filter(({ event }) => event.type === STATUS_EVENT)) {
    found.looked('version');
    const { role, version } = dataOf(one);
    const text = canonicalJson(one.event.data as Json);
    const key = `${role} version ${version}`;
    const before = said.get(key);
    if (before !== undefined && before !== text) {
      found.add('version', key, `is told in two ways, the second by event ${one.event.eventId}`);
    }
    said.set(key, text);
  }
}

/** Totals are prices times quantity, and once both books hold the trade they hold the same. */
export function checkAmounts({ parts }: VerifiedBundle, found: Findings): void {
  for (const one of parts.events) {
    found.looked('amount');
    const wrong = troubleOf(dataOf(one));
    if (wrong !== undefined) found.add('amount', `event ${one.event.eventId}`, wrong);
  }
  const importer = latest(parts.events, 'IMPORTER');
  const exporter = latest(parts.events, 'EXPORTER');
  if (importer === undefined || exporter === undefined) return;
  if (!BOOKED.has(importer.status) && !BOOKED.has(exporter.status)) return;
  for (const field of ['status', 'quantity', 'unitPrice', 'currency', 'amount'] as const) {
    found.looked('amount');
    if (importer[field] === exporter[field]) continue;
    const detail = `importer says ${importer[field]}, exporter ${exporter[field]}`;
    found.add('amount', `${field} of the trade`, detail);
  }
}

function latest(events: readonly EvidenceEvent[], role: string): TraderPurchaseData | undefined {
  return events
    .filter(({ event }) => event.type === STATUS_EVENT)
    .map(dataOf)
    .filter((data) => data.role === role)
    .toSorted((a, b) => b.version - a.version)[0];
}

function troubleOf(data: TraderPurchaseData): string | undefined {
  const { quantity, unitPrice, amount, importedUnitPrice, importedAmount, fxRate } = data;
  const origin = parseMinor(unitPrice);
  if (!origin.ok) return `has the unit price ${unitPrice}`;
  const total = formatMinor(multiply(origin.value, quantity));
  if (total !== amount) return `has the amount ${amount}, not ${total}`;
  if (importedUnitPrice === undefined || importedAmount === undefined) return undefined;
  const rate = parseRate(fxRate);
  if (!rate.ok) return `has the rate ${fxRate}`;
  const local = convertUnitPrice(origin.value, rate.value);
  if (formatMinor(local) !== importedUnitPrice) {
    return `has the imported unit price ${importedUnitPrice}, not ${formatMinor(local)}`;
  }
  const localTotal = formatMinor(multiply(local, quantity));
  return localTotal === importedAmount
    ? undefined
    : `has the imported amount ${importedAmount}, not ${localTotal}`;
}
