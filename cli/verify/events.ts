import { isSignedBy, kidOfSignature } from '../../db/event-signature.ts';
import type { EvidenceEvent, EvidenceParts } from '../../domain/audit/evidence.ts';
import { isKeyOfItsTime } from '../../domain/telemetry/events.ts';
import type { Findings, VerifiedBundle } from './finding.ts';

/** Each event is signed by its WL, with a key that was that WL's when it happened. */
export function checkEvents({ parts }: VerifiedBundle, found: Findings): void {
  const seen = new Set<string>();
  for (const one of parts.events) {
    found.looked('event');
    const { eventId, wlId } = one.event;
    const wrong = troubleOf(one, parts);
    if (wrong !== undefined) found.add('event', `event ${eventId}`, wrong);
    if (seen.has(`${wlId}/${eventId}`))
      found.add('event', `event ${eventId}`, 'stands there twice');
    seen.add(`${wlId}/${eventId}`);
  }
}

function verifies(event: EvidenceEvent['event'], publicJwk: object): boolean {
  try {
    return isSignedBy(event, publicJwk);
  } catch (error) {
    // A file may hold a key that is none; nothing was signed with that.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

function troubleOf(
  { event, kid, receivedAt }: EvidenceEvent,
  { eventKeys }: EvidenceParts,
): string | undefined {
  if (kidOfSignature(event.signature) !== kid) return 'names another key than its signature';
  const key = eventKeys.find((one) => one.wlId === event.wlId && one.publicJwk.kid === kid);
  if (key === undefined) return `was signed with ${kid}, which is no key of its white label`;
  if (!verifies(event, key.publicJwk)) return 'has a signature that does not verify';
  const period = {
    registeredAt: new Date(key.registeredAt),
    replacedAt: key.replacedAt === undefined ? undefined : new Date(key.replacedAt),
  };
  const times = { occurredAt: new Date(event.occurredAt), receivedAt: new Date(receivedAt) };
  return isKeyOfItsTime(period, times) ? undefined : `was signed with ${kid} outside of its time`;
}
