import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  CLOCK_SKEW_MS,
  LEAF_DAYS,
  createAuthority,
  daysLeft,
  isIssuedBy,
  isKeyOf,
  issueFrom,
  namesOf,
} from './certificates.ts';
import type { CertificateAuthority, IssuedCertificate } from './certificates.ts';
import { StackError, messageOf } from '../errors.ts';
import { writeFileWhole } from '../folders.ts';
import { toPkcs12 } from './pkcs12.ts';

export { createAuthority, issueFrom } from './certificates.ts';
export type {
  CertificateAuthority,
  CertificateRequest,
  IssuedCertificate,
} from './certificates.ts';

export type PkiParty = {
  /** The file name; also the common name. */
  readonly slug: string;
  /** `urn:xpory:wl:<uuid>` or `urn:xpory:cp`. */
  readonly sanUri: string;
  /** Exact names, no wildcard: clients refuse `*.localhost`. localhost and 127.0.0.1 are added. */
  readonly dnsNames: readonly string[];
};

export type PartyFiles = {
  readonly certPath: string;
  readonly keyPath: string;
  readonly p12Path: string;
};

export type Pki = {
  readonly authority: CertificateAuthority;
  readonly caPath: string;
  readonly caKeyPath: string;
  readonly parties: Readonly<Record<string, PartyFiles>>;
  /** What this call made anew: `ca` or slugs. */
  readonly renewed: readonly string[];
};

export type PkiOptions = { readonly parties: readonly PkiParty[]; readonly now?: Date };

/** Local only, and known: it lets a browser import the file. */
export const P12_PASSWORD = 'changeit';
const RENEW_WITH_DAYS_LEFT = 30;
const SECRET = 0o600;
const PUBLIC = 0o644;

/** Makes what is missing, wrong or about to expire, and keeps the rest. */
export async function ensurePki(dir: string, options: PkiOptions): Promise<Pki> {
  const folder = resolve(dir);
  const now = options.now ?? new Date();
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    return await ensureIn(folder, options.parties, now);
  } catch (error) {
    throw new StackError({
      code: 'PKI_UNUSABLE',
      message: `The certificates in ${folder} can't be read or made.`,
      details: [messageOf(error)],
      wayOut: [`Start with new ones: mv ${folder} ${folder}.broken && npm start`],
      cause: error,
    });
  }
}

async function ensureIn(folder: string, parties: readonly PkiParty[], now: Date): Promise<Pki> {
  const caPath = join(folder, 'ca.crt');
  const caKeyPath = join(folder, 'ca.key');
  const renewed: string[] = [];
  let authority = await readPair(caPath, caKeyPath);
  if (authority === undefined || !isAuthorityUsable(authority, now)) {
    authority = await createAuthority('XporY local authority', now);
    await writeFileWhole(caKeyPath, authority.keyPem, { mode: SECRET });
    await writeFileWhole(caPath, authority.certPem, { mode: PUBLIC });
    renewed.push('ca');
  }
  const files: Record<string, PartyFiles> = {};
  for (const party of parties) {
    const paths = pathsOf(folder, party.slug);
    files[party.slug] = paths;
    const present = await readPair(paths.certPath, paths.keyPath);
    const p12 = await readIfThere(paths.p12Path);
    if (present && p12 && isPartyUsable(present, { party, authority, now })) continue;
    await writeParty(paths, await issue(party, authority, now), authority);
    renewed.push(party.slug);
  }
  return { authority, caPath, caKeyPath, parties: files, renewed };
}

function isAuthorityUsable(authority: CertificateAuthority, now: Date): boolean {
  // It has to outlive what it signs today.
  return daysLeft(authority.certPem, now) > LEAF_DAYS + RENEW_WITH_DAYS_LEFT;
}

type PartyExpectation = {
  readonly party: PkiParty;
  readonly authority: CertificateAuthority;
  readonly now: Date;
};

function isPartyUsable(issued: IssuedCertificate, expected: PartyExpectation): boolean {
  const { party, authority, now } = expected;
  const names = [
    `URI:${party.sanUri}`,
    ...dnsNamesOf(party).map((name) => `DNS:${name}`),
    'IP Address:127.0.0.1',
  ];
  const present = new Set(namesOf(issued.certPem));
  return (
    daysLeft(issued.certPem, now) >= RENEW_WITH_DAYS_LEFT &&
    present.size === names.length &&
    names.every((name) => present.has(name)) &&
    isIssuedBy(issued.certPem, authority) &&
    isKeyOf(issued)
  );
}

async function issue(
  party: PkiParty,
  authority: CertificateAuthority,
  now: Date,
): Promise<IssuedCertificate> {
  return issueFrom(authority, {
    commonName: party.slug,
    sanUri: party.sanUri,
    dnsNames: dnsNamesOf(party),
    ipAddresses: ['127.0.0.1'],
    notBefore: new Date(now.getTime() - CLOCK_SKEW_MS),
  });
}

function dnsNamesOf(party: PkiParty): readonly string[] {
  return [...new Set([...party.dnsNames, 'localhost'])];
}

async function writeParty(
  paths: PartyFiles,
  issued: IssuedCertificate,
  authority: CertificateAuthority,
): Promise<void> {
  const p12 = await toPkcs12(issued, authority.certPem, P12_PASSWORD);
  await writeFileWhole(paths.keyPath, issued.keyPem, { mode: SECRET });
  await writeFileWhole(paths.certPath, issued.certPem, { mode: PUBLIC });
  await writeFileWhole(paths.p12Path, p12, { mode: SECRET });
}

function pathsOf(folder: string, slug: string): PartyFiles {
  return {
    certPath: join(folder, `${slug}.crt`),
    keyPath: join(folder, `${slug}.key`),
    p12Path: join(folder, `${slug}.p12`),
  };
}

async function readPair(certPath: string, keyPath: string): Promise<IssuedCertificate | undefined> {
  const [certPem, keyPem] = await Promise.all([readIfThere(certPath), readIfThere(keyPath)]);
  return certPem === undefined || keyPem === undefined ? undefined : { certPem, keyPem };
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
