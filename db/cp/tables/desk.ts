import type { Defaulted, Nullable, NullableStamp, Stamp } from './columns.ts';

/** What support does about a trade, as in the paths of the routes. */
export const DESK_VERBS = [
  'retry',
  'abandon',
  'resolve',
  'resolve/confirm',
  'reverse',
  'rerun',
] as const;
export type DeskVerb = (typeof DESK_VERBS)[number];

export interface DeskActionTable {
  id: Defaulted<string>;
  importer: string;
  exporter: string;
  trade_id: string;
  verb: DeskVerb;
  person: string;
  reason: string;
  correlation_id: string;
  asked_at: Stamp;
  answered_at: NullableStamp;
  status: Nullable<number>;
  outcome: Nullable<string>;
}

export interface DeskTables {
  desk_action: DeskActionTable;
}
