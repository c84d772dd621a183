import type { ColumnType } from 'kysely';

/** Filled by the database's clock() unless given. */
export type Stamp = ColumnType<Date, Date | undefined, Date>;
export type NullableStamp = ColumnType<Date | null, Date | null | undefined, Date | null>;
/** jsonb: read parsed, written as text. */
export type Jsonb = ColumnType<unknown, string, string>;
export type NullableJsonb = ColumnType<unknown, string | null | undefined, string | null>;
export type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;
/** Has a default. */
export type Defaulted<T> = ColumnType<T, T | undefined, T>;
