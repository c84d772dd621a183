import type { Jsonb, NullableStamp, Stamp } from './columns.ts';

export interface WorkOrderTable {
  workflow_id: string;
  workflow: string;
  input: Jsonb;
  summary: string;
  correlation_id: string;
  created_at: Stamp;
  started_at: NullableStamp;
  done_at: NullableStamp;
}

export interface WorkTables {
  work_order: WorkOrderTable;
}
