import { readFileSync } from 'node:fs';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { RATE_GROUPS, RATE_LIMITS, type RateGroup, type RateLimit } from './rate-groups.ts';

/** Process environment as it comes: an empty variable counts as absent. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Every bad variable in one message; values are left out because some of them are secrets. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

const MAX_PORT = 65_535;
const SEAL_KEY_BYTES = 32;
const KEY_ENTRY = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_=-]+)$/;
const RATE_FORM = /^([1-9]\d{0,7})\/([1-9]\d{0,4})$/;
const WHOLE_FORM = /^\d{1,12}$/;

/** A whole number of at least `least`; absent means `fallback`. */
export function whole(fallback: number, least = 1): z.ZodType<number, string | undefined> {
  return z
    .string()
    .regex(WHOLE_FORM, 'is a whole number')
    .transform(Number)
    .refine((value) => value >= least, `is at least ${least}`)
    .optional()
    .transform((value) => value ?? fallback);
}

export const port = z
  .string()
  .regex(WHOLE_FORM, 'is a port number')
  .transform(Number)
  .refine((value) => value <= MAX_PORT, `is at most ${MAX_PORT}`);

export const text = z.string().min(1);

/** An https origin without a path; tokens name it as issuer, so it is compared as text. */
export const httpsOrigin = z
  .string()
  .refine((value) => isHttpsOrigin(value), 'is an https origin such as https://cp.localhost:8443');

function isHttpsOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  return url.protocol === 'https:' && url.origin === value;
}

/** `smtps://user:password@host:465` or `smtp://host:587`. */
export const smtpUrl = z
  .string()
  .refine((value) => isSmtpUrl(value), 'is a smtps:// or smtp:// URL');

function isSmtpUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return (protocol === 'smtps:' || protocol === 'smtp:') && hostname !== '';
}

export interface SealKeyEntry {
  readonly id: string;
  readonly key: Buffer;
}

function decodeKey(encoded: string): Buffer | undefined {
  const key = Buffer.from(encoded, 'base64');
  return key.length === SEAL_KEY_BYTES ? key : undefined;
}

function parseSealKeys(value: string): SealKeyEntry[] | undefined {
  const entries: SealKeyEntry[] = [];
  for (const part of value.split(',')) {
    const [, id, encoded] = KEY_ENTRY.exec(part.trim()) ?? [];
    const key = encoded === undefined ? undefined : decodeKey(encoded);
    if (id === undefined || key === undefined) return undefined;
    entries.push({ id, key });
  }
  return new Set(entries.map(({ id }) => id)).size === entries.length ? entries : undefined;
}

/** `kid:base64,kid2:base64`: the first seals, the others still open what they sealed. */
export const sealKeys = z.string().transform((value, context): readonly SealKeyEntry[] => {
  const keys = parseSealKeys(value);
  if (keys !== undefined) return keys;
  context.addIssue('is kid:base64[,kid:base64…], each of 32 bytes, no id twice');
  return z.NEVER;
});

export const secretKey = z.string().transform((value, context): Buffer => {
  const key = decodeKey(value);
  if (key !== undefined) return key;
  context.addIssue('is 32 bytes in base64');
  return z.NEVER;
});

/** `requests/seconds`, for example `600/60`. */
function rateLimit(group: RateGroup): z.ZodType<RateLimit, string | undefined> {
  return z
    .string()
    .regex(RATE_FORM, 'is requests/seconds, for example 600/60')
    .optional()
    .transform((value): RateLimit => {
      const [, requests, seconds] = RATE_FORM.exec(value ?? '') ?? [];
      return requests === undefined
        ? RATE_LIMITS[group]
        : { requests: Number(requests), windowSeconds: Number(seconds) };
    });
}

type RateVariable = `RATE_LIMIT_${Uppercase<RateGroup>}`;
type RateFields = Record<RateVariable, z.ZodType<RateLimit, string | undefined>>;

export const rateFields = Object.fromEntries(
  RATE_GROUPS.map((group) => [`RATE_LIMIT_${group.toUpperCase()}`, rateLimit(group)]),
) as RateFields;

/** Collects the parsed `RATE_LIMIT_…` variables under the names of their groups. */
export function rateLimitsOf(
  values: Record<RateVariable, RateLimit>,
): Record<RateGroup, RateLimit> {
  const entries = RATE_GROUPS.map((group) => {
    const variable = `RATE_LIMIT_${group.toUpperCase()}` as RateVariable;
    return [group, values[variable]] as const;
  });
  return Object.fromEntries(entries) as Record<RateGroup, RateLimit>;
}

export type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** `10.8.0.0/16,fd00:8::/32`. */
export const networks = z.string().transform((value, context): readonly Network[] => {
  const parts = value.split(',').map((part) => part.trim());
  if (parts.every((part) => ipaddr.isValidCIDR(part))) {
    return parts.map((part) => ipaddr.parseCIDR(part));
  }
  context.addIssue('is a list of networks such as 10.8.0.0/16');
  return z.NEVER;
});

export interface VariableIssue {
  readonly variable: string;
  readonly message: string;
}

export interface EnvironmentReader<S extends z.ZodType> {
  /** As the error names it: `A WL process`. */
  readonly process: string;
  readonly schema: S;
  /** Rules between variables, told together with the findings on single ones. */
  readonly rules: (present: Environment) => readonly VariableIssue[];
}

/**
 * Each of these may come as `<NAME>_FILE`, the path of a file that holds it, as orchestrators hand
 * secrets out: an environment is seen by every child and by whoever may inspect the container.
 */
export const SECRET_VARIABLES = [
  'DATABASE_URL',
  'SEAL_KEYS',
  'SEAL_INDEX_KEY',
  'BACKOFFICE_KEY',
  'BOOTSTRAP_MASTER_PASSWORD',
  'SMTP_URL',
] as const;

/** The environment with the secrets of files in their places, and what is wrong with those files. */
export function withSecretFiles(env: Environment): {
  readonly values: Environment;
  readonly issues: readonly VariableIssue[];
} {
  const values: Record<string, string | undefined> = { ...env };
  const issues: VariableIssue[] = [];
  for (const name of SECRET_VARIABLES) {
    const variable = `${name}_FILE`;
    const file = env[variable] ?? '';
    if (file === '') continue;
    if ((env[name] ?? '') !== '') issues.push({ variable, message: `excludes ${name}` });
    try {
      // Editors and shells end files with a line break; no secret of ours does.
      values[name] = readFileSync(file, 'utf8').trim();
      if (values[name] === '') issues.push({ variable, message: 'names an empty file' });
    } catch {
      issues.push({ variable, message: 'names a file that can not be read' });
    }
  }
  return { values, issues };
}

/** What a process may be told: documents and tests compare themselves with it. */
export interface Variable {
  readonly name: string;
  readonly required: boolean;
  /** As one would write it; absent where there is none. */
  readonly fallback?: string;
}

/** The variables that a schema reads, with the values that they have when nobody sets them. */
export function variablesOf(schema: z.ZodObject): readonly Variable[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const absent = (field as z.ZodType).safeParse(undefined);
    if (!absent.success) return { name, required: true };
    const fallback = writtenForm(absent.data);
    return { name, required: false, ...(fallback === undefined ? {} : { fallback }) };
  });
}

function writtenForm(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' || typeof value === 'string') return `${value}`;
  const { requests, windowSeconds } = value as RateLimit;
  return `${requests}/${windowSeconds}`;
}

/** Reads the variables that `schema` names and throws one error that lists every bad one. */
export function readEnvironment<S extends z.ZodType>(
  { process, schema, rules }: EnvironmentReader<S>,
  env: Environment,
): z.output<S> {
  const { values, issues } = withSecretFiles(env);
  const present: Environment = Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(present);
  const broken = [...issues, ...rules(present)];
  if (parsed.success && broken.length === 0) return parsed.data;
  const single = (parsed.error?.issues ?? []).map((issue): VariableIssue => {
    const variable = issue.path.join('.');
    const absent = present[variable] === undefined && issue.code === 'invalid_type';
    return { variable, message: absent ? 'is missing' : issue.message };
  });
  const lines = [...single, ...broken].map(({ variable, message }) => `  ${variable}: ${message}`);
  throw new ConfigurationError(`${process} cannot start, bad configuration:\n${lines.join('\n')}`);
}

const NAMESPACE_FORM = /^([0-9a-f-]{36})=([A-Za-z0-9._-]{1,200})$/;

/** `<WL id>=<namespace>,…`: a WL's engine is its own, so the Control Plane has to be told. */
export const namespacesByWl = z.string().transform((list, context) => {
  const pairs = list.split(',').map((pair) => NAMESPACE_FORM.exec(pair.trim()));
  if (pairs.includes(null)) {
    context.addIssue('is a list of <WL id>=<namespace>, separated by commas');
    return z.NEVER;
  }
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
});
