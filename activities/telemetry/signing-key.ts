import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { EventSigningKey } from '../../db/event-signature.ts';
import type { Sealer } from '../../db/sealed.ts';
import { openEventKey } from '../../db/wl/event-keys.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { readRegistration } from '../governance/register.ts';

const registeredShape = z.object({
  eventKeys: z.object({ keys: z.array(z.object({ kid: z.string() })) }),
});

/**
 * The newest key that the Control Plane has been told of; undefined before the first registration.
 * A key that is newer still would only bring the events into quarantine.
 */
export async function registeredEventKey(
  db: Kysely<WlTables>,
  sealer: Sealer,
): Promise<EventSigningKey | undefined> {
  const registration = await readRegistration({ db });
  if (registration === undefined) return undefined;
  const { eventKeys } = registeredShape.parse(JSON.parse(registration.endpoint));
  return openEventKey(
    db,
    sealer,
    eventKeys.keys.map(({ kid }) => kid),
  );
}
