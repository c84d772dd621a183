import {
  calculateJwkThumbprint,
  compactVerify,
  decodeProtectedHeader,
  errors,
  type JWK,
} from 'jose';
import { sha256 } from '../../db/audit.ts';
import { headKey } from '../../db/audit-head.ts';
import {
  EVIDENCE_PARTS,
  EVIDENCE_TYPE,
  type EvidencePart,
  type EvidenceParts,
} from '../../domain/audit/evidence.ts';
import { canonicalJson, type Json } from '../../domain/shared/canonical.ts';
import { CONTROL_PLANE } from '../../runtime/tokens.ts';
import { checkAmounts, checkTrade, checkVersions } from './agreement.ts';
import { checkAudit, checkRevisions } from './chain.ts';
import { checkEvents } from './events.ts';
import type { Finding, Findings, VerifiedBundle } from './finding.ts';
import { readEnvelope, readPart } from './shape.ts';

export type { Finding } from './finding.ts';

/** Which key of the Control Plane is believed. */
export interface Trust {
  /** Keys that were fetched from the Control Plane and kept (`/.well-known/jwks.json`). */
  readonly jwks?: { readonly keys: readonly JWK[] } | undefined;
  /** RFC 7638 thumbprint of the one key, told by another way. */
  readonly thumbprint?: string | undefined;
}

export interface BundleVerdict {
  readonly verified: boolean;
  readonly trade?: {
    readonly importer: string;
    readonly exporter: string;
    readonly tradeId: string;
  };
  /** PINNED by the caller; BUNDLE: the key is the bundle's own, which anybody could have made. */
  readonly trust: 'PINNED' | 'BUNDLE';
  readonly kid?: string | undefined;
  /** How many of each were looked at. */
  readonly checked: Readonly<Partial<Record<Finding['check'], number>>>;
  readonly findings: readonly Finding[];
}

type Envelope = Extract<ReturnType<typeof readEnvelope>, { ok: true }>['bundle'];

/** Verifies a bundle by itself: no network, no database. Everything that is wrong is named. */
export async function verifyBundle(text: string, trust: Trust = {}): Promise<BundleVerdict> {
  const findings: Finding[] = [];
  const checked: Partial<Record<Finding['check'], number>> = {};
  const found: Findings = {
    looked: (check, times = 1) => void (checked[check] = (checked[check] ?? 0) + times),
    add: (check, subject, detail) => void findings.push({ check, subject, detail }),
  };
  const pinned = trust.jwks !== undefined || trust.thumbprint !== undefined;
  const verdict = (facts: Partial<BundleVerdict> = {}): BundleVerdict => ({
    ...{ verified: findings.length === 0, trust: pinned ? 'PINNED' : 'BUNDLE', checked, findings },
    ...facts,
  });
  const envelope = parse(text, found);
  if (envelope === undefined) return verdict();
  checkHashes(envelope, found);
  const parts = readParts(envelope, found);
  const kid = await checkSignature(envelope, trust, found);
  const { importer, exporter, tradeId } = envelope.manifest;
  const trade = { importer, exporter, tradeId };
  if (parts !== undefined) await checkContents({ trade, parts }, found);
  return verdict({ trade, kid });
}

async function checkContents(bundle: VerifiedBundle, found: Findings): Promise<void> {
  checkTrade(bundle, found);
  checkEvents(bundle, found);
  checkRevisions(bundle, found);
  await checkAudit(bundle, found);
  checkVersions(bundle, found);
  checkAmounts(bundle, found);
}

function parse(text: string, found: Findings): Envelope | undefined {
  found.looked('format');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    found.add('format', 'file', `is no JSON: ${(error as Error).message}`);
    return undefined;
  }
  const read = readEnvelope(value);
  if (!read.ok) {
    found.add('format', 'file', read.detail);
    return undefined;
  }
  // White space, escapes and the order of members are bytes, too.
  if (canonicalJson(value as Json) !== text) {
    found.add('format', 'file', 'is not the canonical text that was issued (RFC 8785)');
  }
  return read.bundle;
}

function checkHashes({ manifest, parts }: Envelope, found: Findings): void {
  for (const name of EVIDENCE_PARTS) {
    found.looked('hash');
    if (sha256(canonicalJson(parts[name])) !== manifest.parts[name]) {
      found.add('hash', `part ${name}`, 'is not what the manifest names');
    }
  }
}

function readParts({ parts }: Envelope, found: Findings): EvidenceParts | undefined {
  const read: Partial<Record<EvidencePart, unknown>> = {};
  for (const name of EVIDENCE_PARTS) {
    const part = readPart(name, parts[name]);
    if (part.ok) read[name] = part.part;
    else found.add('format', `part ${name}`, part.detail);
  }
  const isWhole = EVIDENCE_PARTS.every((name) => name in read);
  return isWhole ? (read as EvidenceParts) : undefined;
}

async function checkSignature(
  { manifest, signature, parts }: Envelope,
  trust: Trust,
  found: Findings,
): Promise<string | undefined> {
  found.looked('signature');
  const subject = 'manifest';
  const header = headerOf(signature);
  if (header?.alg !== 'RS256' || header.typ !== EVIDENCE_TYPE || header.kid === undefined) {
    found.add('signature', subject, 'carries no signature of this kind');
    return undefined;
  }
  const { kid } = header;
  const jwk = await keyOf(kid, { trust, embedded: parts.signingKeys });
  const key = jwk === undefined ? undefined : headKey({ ...jwk });
  if (key === undefined) {
    found.add('signature', subject, `is signed with ${kid}, which is not a key that is trusted`);
    return kid;
  }
  try {
    const { payload } = await compactVerify(signature, key, { algorithms: ['RS256'] });
    const isTheManifest = Buffer.from(payload).toString('utf8') === canonicalJson(manifest as Json);
    if (!isTheManifest) found.add('signature', subject, 'is not what was signed');
    // Unused bits at the end of base64url are bytes of the file, too.
    if (!isCanonical(signature)) found.add('signature', subject, 'has a signature of another form');
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    found.add('signature', subject, 'has a signature that does not verify');
  }
  return kid;
}

function headerOf(signature: string): ReturnType<typeof decodeProtectedHeader> | undefined {
  try {
    return decodeProtectedHeader(signature);
  } catch {
    // The only thing the decoder throws about is text that is no JWS.
    return undefined;
  }
}

function isCanonical(signature: string): boolean {
  return signature
    .split('.')
    .every((segment) => Buffer.from(segment, 'base64url').toString('base64url') === segment);
}

async function keyOf(
  kid: string,
  { trust, embedded }: { readonly trust: Trust; readonly embedded: Json },
): Promise<JWK | undefined> {
  if (trust.jwks !== undefined) {
    return trust.jwks.keys.find((key) => {
      const { sub = CONTROL_PLANE } = key as { sub?: unknown };
      return key.kid === kid && sub === CONTROL_PLANE;
    });
  }
  const keys = readPart('signingKeys', embedded);
  const own = keys.ok
    ? keys.part.find((key) => key.kid === kid && key.owner === CONTROL_PLANE)
    : undefined;
  const jwk = own?.publicJwk as JWK | undefined;
  if (jwk === undefined || headKey({ ...jwk }) === undefined) return undefined;
  const { thumbprint = kid } = trust;
  return (await calculateJwkThumbprint(jwk)) === thumbprint ? jwk : undefined;
}
