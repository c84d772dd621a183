import type { Plant } from './plants.ts';

/** What can be done to what the Control Plane wrote down, and to what others keep of it. */
export const CONTROL_PLANE_PLANTS: readonly Plant[] = [
  {
    number: 11,
    name: 'an event that was changed',
    party: 'cp',
    sql: `UPDATE event SET data = data || '{"revision": 2}' WHERE correlation_id = 'report:first:1'`,
    reports: "does not carry first's signature",
  },
  {
    number: 11,
    name: 'an event without a correlation id',
    party: 'cp',
    sql: `UPDATE event SET correlation_id = '' WHERE correlation_id = 'report:second:1'`,
    reports: 'has no correlation id',
  },
  {
    number: 11,
    name: 'an event of after its key was replaced',
    party: 'cp',
    sql: `UPDATE wl_event_key SET replaced_at = registered_at WHERE kid = 'first'`,
    reports: 'key first was not registered at its time',
  },
  {
    number: 11,
    name: 'an event under a key of nobody',
    party: 'cp',
    sql: `DELETE FROM wl_event_key WHERE kid = 'second'`,
    reports: 'never registered key second',
  },
  {
    number: 12,
    name: "an edited row of the Control Plane's chain",
    party: 'cp',
    sql: `UPDATE audit SET after = '{"change": 7}' WHERE subject = 'thing/3'`,
    reports: 'control plane: audit row 4: EDITED',
  },
  {
    number: 12,
    name: "a tail that the Control Plane's chain lost with its own heads",
    party: 'cp',
    sql: `DELETE FROM signed_head WHERE seq > 5; DELETE FROM audit WHERE seq > 5;
          UPDATE audit_head SET seq = 5, hash = (SELECT hash FROM audit WHERE seq = 5)`,
    reports: 'control plane by the heads of exporter: audit row 6: TRUNCATED',
  },
  {
    number: 12,
    name: 'a head that the Control Plane never signed',
    party: 'cp',
    sql: `UPDATE signed_head SET hash = 'x' WHERE seq = 5`,
    reports: "control plane: head 5: does not carry the Control Plane's signature",
  },
  {
    number: 12,
    name: 'a head that is not the one that was pulled',
    party: 'importer',
    sql: `UPDATE audit_head_seen SET hash = 'x' WHERE seq = 5`,
    reports: 'control plane by the heads of importer: head 5',
  },
  {
    number: 12,
    name: "a row that a WL's own chain misses",
    party: 'exporter',
    sql: `DELETE FROM audit WHERE seq = 2`,
    reports: 'exporter: audit row 2: MISSING',
  },
];
