import { z } from 'zod';
import {
  httpsOrigin,
  namespacesByWl,
  networks,
  port,
  rateFields,
  rateLimitsOf,
  readEnvironment,
  sealKeys,
  secretKey,
  smtpUrl,
  text,
  variablesOf,
  whole,
  type Environment,
  type Network,
  type SealKeyEntry,
} from './environment.ts';
import { ASK_PARENT, parseFaultPoints } from './fault-points.ts';
import { cpRules, LOCAL_MASTER, localBackofficeKey, wlRules } from './profile-rules.ts';
import type { RateLimits } from './rate-groups.ts';

export { ConfigurationError, type Environment, type SealKeyEntry } from './environment.ts';

export type Profile = 'local' | 'production';

/** What every process of every party is told. */
export interface PartyConfig {
  readonly profile: Profile;
  readonly logLevel: string;
  readonly database: { readonly url: string; readonly poolSize: number };
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    /** Where the SDK serves its own metrics on loopback; /metrics appends them. */
    readonly metricsPort?: number | undefined;
    /** Worker Versioning is on where it is named: nothing runs until this build is current. */
    readonly buildId?: string | undefined;
  };
  readonly listen: {
    /** Address the listeners bind to; the plain one is on loopback whatever this says. */
    readonly bindHost: string;
    /** Public name in URLs and in the certificate. */
    readonly tlsHost: string;
    readonly tlsPort: number;
    readonly httpPort?: number | undefined;
    readonly workerHttpPort: number;
    readonly certificates: {
      readonly caFile: string;
      readonly certFile: string;
      readonly keyFile: string;
    };
  };
  /** Base URL of the Control Plane and issuer of all tokens. */
  readonly cpUrl: string;
  readonly seal: { readonly keys: readonly SealKeyEntry[]; readonly indexKey: Buffer };
  /** Prebuilt workflow code; without it the worker bundles when it starts. */
  readonly workflowBundle?: string | undefined;
  readonly rateLimits: RateLimits;
  /** Where traces are sent (OTLP over HTTP); without it none are made. */
  readonly traceEndpoint?: string | undefined;
  /** Faults that a drill has armed in this process. */
  readonly faultPoints?: ReturnType<typeof parseFaultPoints> | typeof ASK_PARENT;
  readonly shutdownGraceMs: number;
}

export interface WlConfig extends PartyConfig {
  readonly wl: { readonly id: string; readonly slug: string; readonly currency: string };
  readonly backofficeKey: string;
  readonly hold: {
    readonly ttlSeconds: number;
    readonly approvalTtlSeconds: number;
    readonly perImporter: number;
    readonly perBuyer: number;
  };
  readonly purchase: {
    readonly preflightTimeoutMs: number;
    readonly confirmTimeoutMs: number;
    readonly buyDeadlineMs: number;
    readonly learnBackoffMs: number;
    readonly learnBackoffMaxMs: number;
    readonly parkAfterSeconds: number;
    readonly coolDownSeconds: number;
    readonly requestedMaxSeconds: number;
    /** How long a member may reverse an own purchase; 0 means never. */
    readonly buyerReversalSeconds: number;
  };
  readonly partner: {
    readonly breakerFailures: number;
    readonly breakerHalfOpenMs: number;
    readonly bulkheadCalls: number;
  };
  readonly schedules: {
    readonly policyPullSeconds: number;
    readonly offerSyncSeconds: number;
    readonly holdTidySeconds: number;
    readonly orphanSweepSeconds: number;
    readonly certificateCheckSeconds: number;
  };
}

export interface MailConfig {
  /** `smtps://` or `smtp://`, with user and password where the server asks for them. */
  readonly url: string;
  readonly from: string;
}

export interface CpConfig extends PartyConfig {
  /** Networks of our own that white labels may be reached in, besides the public one. */
  readonly peerNetworks: readonly Network[];
  readonly bootstrap: { readonly email: string; readonly password: string };
  readonly tokens: {
    readonly wlSeconds: number;
    readonly peerSeconds: number;
    readonly operatorSeconds: number;
    readonly supportSeconds: number;
  };
  /** The authority's files; only cp-api is told, and without them it signs no certificates. */
  readonly authority?: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly policyDriftSeconds: number;
  /** Alerts leave by mail only where a server is named. */
  readonly mail?: MailConfig | undefined;
  /** How many days of telemetry events are kept. */
  readonly eventDays: number;
  readonly schedules: {
    readonly workSweepSeconds: number;
    readonly reconcileSeconds: number;
    readonly certificateCheckSeconds: number;
  };
  readonly console: {
    /** Folder of the built console. */
    readonly folder?: string | undefined;
    /** Where a browser finds the Temporal UI; without it the console links no workflow. */
    readonly temporalUiUrl?: string | undefined;
    /** Temporal namespaces by WL id, and our own as `cp`. */
    readonly namespaces: Readonly<Record<string, string>>;
  };
}

const LOOPBACK = '127.0.0.1';
const EVERY_ADDRESS = '0.0.0.0';

const faultPoints = z.string().transform((list, context) => {
  const faults = list === ASK_PARENT ? list : parseFaultPoints(list);
  if (faults !== undefined) return faults;
  context.addIssue('is "parent", or a list of <point>=<kill|fail>@<nth>, separated by commas');
  return z.NEVER;
});

const party = {
  XPORY_PROFILE: z.enum(['local', 'production']),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'is a postgres:// URL'),
  // Ten connections serve far more than one process' 32 calls in flight: transactions are short.
  DATABASE_POOL_SIZE: whole(10),
  TEMPORAL_ADDRESS: z.string().regex(/^[^\s:]+:\d+$/, 'is host:port'),
  TEMPORAL_NAMESPACE: text,
  TEMPORAL_METRICS_PORT: port.optional(),
  // It becomes part of a search attribute's value, behind the deployment's name and a colon.
  WORKER_BUILD_ID: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'is 1 to 64 letters, digits, dots or dashes')
    .optional(),
  BIND_HOST: text.optional(),
  TLS_HOST: text,
  TLS_PORT: port,
  HTTP_PORT: port.optional(),
  WORKER_HTTP_PORT: port,
  TLS_CA_FILE: text,
  TLS_CERT_FILE: text,
  TLS_KEY_FILE: text,
  CP_URL: httpsOrigin,
  SEAL_KEYS: sealKeys,
  // Looks sealed columns up; it is apart from the seal keys because it outlives their rotation.
  SEAL_INDEX_KEY: secretKey,
  WORKFLOW_BUNDLE: text.optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  FAULT_POINTS: faultPoints.optional(),
  // The stack promises to stop everything in under 10 s; a process gets most of that to drain.
  SHUTDOWN_GRACE_MS: whole(8_000),
  ...rateFields,
};

// A month is left when it is due: an hour more or less is nothing.
const CERTIFICATE_CHECK_SECONDS = whole(3_600);

const wlSchema = z.object({
  ...party,
  WL_ID: z.uuid('is a UUID').toLowerCase(),
  WL_SLUG: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'is a lower-case slug'),
  WL_CURRENCY: z.string().regex(/^[A-Z]{3}$/, 'is three capital letters'),
  BACKOFFICE_KEY: text.optional(),
  // Long enough for a buyer's retry after a lost answer, short enough to free stock (RULES.md 2).
  HOLD_TTL_SECONDS: whole(90),
  // A day: a person approves, and people work office hours.
  APPROVAL_TTL_SECONDS: whole(86_400),
  // Half a second each leaves room for one quick retry inside the buyer's deadline.
  PREFLIGHT_TIMEOUT_MS: whole(500),
  CONFIRM_TIMEOUT_MS: whole(500),
  // A buyer waits two seconds; after that 202 with a status URL is the better answer.
  BUY_DEADLINE_MS: whole(2_000),
  // Learning starts soon and slows to a minute, so that a partner coming back is not flooded.
  LEARN_BACKOFF_MS: whole(1_000),
  LEARN_BACKOFF_MAX_MS: whole(60_000),
  // A quarter of an hour outlives a deployment of the partner; longer needs a person.
  PARK_AFTER_SECONDS: whole(900),
  // A lost answer must not become a second purchase of the same thing (RULES.md 4).
  COOL_DOWN_SECONDS: whole(60, 0),
  // A request that waited a minute for its first step is not what the buyer wants any more.
  REQUESTED_MAX_SECONDS: whole(60),
  // Penniless or runaway buyers must not hold an exporter's stock (RULES.md 2).
  HOLDS_PER_IMPORTER: whole(500),
  HOLDS_PER_BUYER: whole(5),
  // Five failures in a row is no accident; a probe every five seconds finds it healed.
  BREAKER_FAILURES: whole(5),
  BREAKER_HALF_OPEN_MS: whole(5_000),
  // One dead partner may tie up this many calls and no more.
  BULKHEAD_CALLS: whole(32),
  // Policy drift may be 5 minutes: ten pulls fit.
  POLICY_PULL_SECONDS: whole(30),
  OFFER_SYNC_SECONDS: whole(60),
  // Tidying is housekeeping: every reader expires a due hold by itself.
  HOLD_TIDY_SECONDS: whole(60),
  // Bounds how long a purchase may stand without a workflow after a crash between commit and start.
  ORPHAN_SWEEP_SECONDS: whole(15),
  CERTIFICATE_CHECK_SECONDS,
  BUYER_REVERSAL_SECONDS: whole(0, 0),
});

const cpSchema = z.object({
  ...party,
  BOOTSTRAP_MASTER_EMAIL: z.email('is an e-mail address').optional(),
  BOOTSTRAP_MASTER_PASSWORD: text.optional(),
  CA_CERT_FILE: text.optional(),
  CA_KEY_FILE: text.optional(),
  // An hour: WLs refresh from a fifth of it on, so they outlive most of an hour without a CP.
  WL_TOKEN_TTL_SECONDS: whole(3_600),
  PEER_TOKEN_TTL_SECONDS: whole(3_600),
  // A person's session.
  OPERATOR_TOKEN_TTL_SECONDS: whole(1_800),
  // Support acts on another party's data: as short as one task.
  SUPPORT_TOKEN_TTL_SECONDS: whole(300),
  // The promise on policy drift (DESIGN.md 7); past it somebody is told.
  POLICY_DRIFT_SECONDS: whole(300),
  SMTP_URL: smtpUrl.optional(),
  SMTP_FROM: z.email('is an e-mail address').optional(),
  // Bounds how long ordered work may stand without a workflow after a crash.
  WORK_SWEEP_SECONDS: whole(15),
  RECONCILE_SECONDS: whole(30),
  CERTIFICATE_CHECK_SECONDS,
  // Half a year: evidence of a trade is asked for within a quarter, and disputes take another.
  TELEMETRY_RETENTION_DAYS: whole(180),
  CONSOLE_DIR: text.optional(),
  CONSOLE_TEMPORAL_UI_URL: z.url({ protocol: /^https?$/, error: 'is an http(s) URL' }).optional(),
  CONSOLE_NAMESPACES: namespacesByWl.optional(),
  PEER_NETWORKS: networks.optional(),
});

/** Everything that a WL's gateway and worker read. */
export const WL_VARIABLES = variablesOf(wlSchema);
/** Everything that the Control Plane's API and worker read. */
export const CP_VARIABLES = variablesOf(cpSchema);

type PartyValues = z.output<z.ZodObject<typeof party>>;
type WlValues = z.output<typeof wlSchema>;

/** Reads what a WL's gateway or worker is told; throws ConfigurationError naming each bad one. */
export function readWlConfig(env: Environment): WlConfig {
  const reader = { process: 'A WL process', schema: wlSchema, rules: wlRules };
  const values = readEnvironment(reader, env);
  return {
    ...partyConfig(values),
    wl: { id: values.WL_ID, slug: values.WL_SLUG, currency: values.WL_CURRENCY },
    backofficeKey: values.BACKOFFICE_KEY ?? localBackofficeKey(values.WL_SLUG),
    ...tradeConfig(values),
  };
}

/** Reads what the Control Plane's API or worker is told; throws ConfigurationError. */
export function readCpConfig(env: Environment): CpConfig {
  const reader = { process: 'A Control Plane process', schema: cpSchema, rules: cpRules };
  const values = readEnvironment(reader, env);
  return {
    ...partyConfig(values),
    bootstrap: {
      email: values.BOOTSTRAP_MASTER_EMAIL ?? LOCAL_MASTER.email,
      password: values.BOOTSTRAP_MASTER_PASSWORD ?? LOCAL_MASTER.password,
    },
    tokens: {
      wlSeconds: values.WL_TOKEN_TTL_SECONDS,
      peerSeconds: values.PEER_TOKEN_TTL_SECONDS,
      operatorSeconds: values.OPERATOR_TOKEN_TTL_SECONDS,
      supportSeconds: values.SUPPORT_TOKEN_TTL_SECONDS,
    },
    authority: authorityOf(values),
    policyDriftSeconds: values.POLICY_DRIFT_SECONDS,
    eventDays: values.TELEMETRY_RETENTION_DAYS,
    schedules: {
      workSweepSeconds: values.WORK_SWEEP_SECONDS,
      reconcileSeconds: values.RECONCILE_SECONDS,
      certificateCheckSeconds: values.CERTIFICATE_CHECK_SECONDS,
    },
    mail: mailOf(values),
    console: {
      folder: values.CONSOLE_DIR,
      temporalUiUrl: values.CONSOLE_TEMPORAL_UI_URL?.replace(/\/$/, ''),
      namespaces: { ...values.CONSOLE_NAMESPACES, cp: values.TEMPORAL_NAMESPACE },
    },
    peerNetworks: values.PEER_NETWORKS ?? [],
  };
}

function authorityOf({ CA_CERT_FILE: certFile, CA_KEY_FILE: keyFile }: z.output<typeof cpSchema>) {
  return certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
}

function mailOf({ SMTP_URL: url, SMTP_FROM: from }: z.output<typeof cpSchema>) {
  return url === undefined || from === undefined ? undefined : { url, from };
}

function partyConfig(values: PartyValues): PartyConfig {
  return {
    profile: values.XPORY_PROFILE,
    logLevel: values.LOG_LEVEL,
    database: { url: values.DATABASE_URL, poolSize: values.DATABASE_POOL_SIZE },
    temporal: {
      address: values.TEMPORAL_ADDRESS,
      namespace: values.TEMPORAL_NAMESPACE,
      metricsPort: values.TEMPORAL_METRICS_PORT,
      buildId: values.WORKER_BUILD_ID,
    },
    listen: {
      bindHost: values.BIND_HOST ?? (values.XPORY_PROFILE === 'local' ? LOOPBACK : EVERY_ADDRESS),
      tlsHost: values.TLS_HOST,
      tlsPort: values.TLS_PORT,
      httpPort: values.HTTP_PORT,
      workerHttpPort: values.WORKER_HTTP_PORT,
      certificates: {
        caFile: values.TLS_CA_FILE,
        certFile: values.TLS_CERT_FILE,
        keyFile: values.TLS_KEY_FILE,
      },
    },
    cpUrl: values.CP_URL,
    seal: { keys: values.SEAL_KEYS, indexKey: values.SEAL_INDEX_KEY },
    workflowBundle: values.WORKFLOW_BUNDLE,
    rateLimits: rateLimitsOf(values),
    traceEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
    faultPoints: values.FAULT_POINTS,
    shutdownGraceMs: values.SHUTDOWN_GRACE_MS,
  };
}

function tradeConfig(
  values: WlValues,
): Pick<WlConfig, 'hold' | 'purchase' | 'partner' | 'schedules'> {
  return {
    hold: {
      ttlSeconds: values.HOLD_TTL_SECONDS,
      approvalTtlSeconds: values.APPROVAL_TTL_SECONDS,
      perImporter: values.HOLDS_PER_IMPORTER,
      perBuyer: values.HOLDS_PER_BUYER,
    },
    purchase: {
      preflightTimeoutMs: values.PREFLIGHT_TIMEOUT_MS,
      confirmTimeoutMs: values.CONFIRM_TIMEOUT_MS,
      buyDeadlineMs: values.BUY_DEADLINE_MS,
      learnBackoffMs: values.LEARN_BACKOFF_MS,
      learnBackoffMaxMs: values.LEARN_BACKOFF_MAX_MS,
      parkAfterSeconds: values.PARK_AFTER_SECONDS,
      coolDownSeconds: values.COOL_DOWN_SECONDS,
      requestedMaxSeconds: values.REQUESTED_MAX_SECONDS,
      buyerReversalSeconds: values.BUYER_REVERSAL_SECONDS,
    },
    partner: {
      breakerFailures: values.BREAKER_FAILURES,
      breakerHalfOpenMs: values.BREAKER_HALF_OPEN_MS,
      bulkheadCalls: values.BULKHEAD_CALLS,
    },
    schedules: {
      policyPullSeconds: values.POLICY_PULL_SECONDS,
      offerSyncSeconds: values.OFFER_SYNC_SECONDS,
      holdTidySeconds: values.HOLD_TIDY_SECONDS,
      orphanSweepSeconds: values.ORPHAN_SWEEP_SECONDS,
      certificateCheckSeconds: values.CERTIFICATE_CHECK_SECONDS,
    },
  };
}
