/** An expected refusal is data, not an exception: callers must look before they use the value. */
export type Result<T, C extends string = string> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: C };

/** Wraps a value as a success. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** Wraps a code as a refusal. */
export function refuse<C extends string>(code: C): { readonly ok: false; readonly code: C } {
  return { ok: false, code };
}
