import { readEventKeyHistory, type RegisteredEventKey } from '../db/cp/telemetry/event-keys.ts';
import { eventsAfter, type KeptEvent } from '../db/cp/telemetry/events.ts';
import { isSignedBy, kidOfSignature } from '../db/event-signature.ts';
import { isKeyOfItsTime } from '../domain/telemetry/events.ts';
import type { CheckRun, Invariant, Violation } from './invariant.ts';

/** A page of rows in memory; signatures cost more than reading them. */
const PAGE = 1_000;
/** One changed key breaks every event under it: this many name the cause well enough. */
const LISTED_MAX = 50;

/** What the WLs reported is kept as they signed it. */
export const events: Invariant = {
  number: 11,
  title: 'events are correlated and signed under the key of their time',
  async check({ cp }) {
    if (cp === undefined) return { scanned: 0, violations: [], overridden: 0, applies: false };
    const keysOf = rememberedKeys(cp);
    const violations: Violation[] = [];
    let scanned = 0;
    let after: KeptEvent | undefined;
    for (;;) {
      const page = await eventsAfter(cp, { after, limit: PAGE });
      for (const kept of page) {
        const detail = problemOf(kept, await keysOf(kept.event.wlId));
        if (detail !== undefined && violations.length < LISTED_MAX) {
          violations.push({ subject: `event ${kept.event.eventId}`, detail });
        }
      }
      scanned += page.length;
      after = page.at(-1);
      if (page.length < PAGE) return { scanned, violations, overridden: 0, applies: true };
    }
  },
};

type Keys = ReadonlyMap<string, RegisteredEventKey>;

function rememberedKeys(cp: NonNullable<CheckRun['cp']>): (wlId: string) => Promise<Keys> {
  const known = new Map<string, Keys>();
  return async (wlId) => {
    const keys = known.get(wlId) ?? (await readEventKeyHistory(cp, wlId));
    known.set(wlId, keys);
    return keys;
  };
}

function problemOf({ event, kid, receivedAt }: KeptEvent, keys: Keys): string | undefined {
  if (event.correlationId === '') return 'has no correlation id';
  if (kidOfSignature(event.signature) !== kid) return `is not signed under ${kid}`;
  const key = keys.get(kid);
  if (key === undefined) return `${event.wlId} never registered key ${kid}`;
  if (!isKeyOfItsTime(key, { occurredAt: new Date(event.occurredAt), receivedAt })) {
    return `key ${kid} was not registered at its time`;
  }
  return isSignedBy(event, key.publicJwk) ? undefined : `does not carry ${kid}'s signature`;
}
