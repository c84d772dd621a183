import { randomBytes } from 'node:crypto';
import { access, chmod, chown, mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ensurePki, type Pki } from '../certificates/pki.ts';
import { ensureSecrets } from '../certificates/secrets.ts';
import { formatStackError, messageOf, StackError } from '../errors.ts';
import { writeFileWhole } from '../folders.ts';
import { PARTIES } from '../parties.ts';

/**
 * `node stack/compose/prepare.ts FOLDER`: certificates and secrets of docker-compose.yml, once. Each
 * folder below FOLDER is a volume of its own, mounted only where it is needed; `authority` is mounted
 * nowhere else. What is there stays, so that files which an operator replaced are kept; certificates
 * are made anew only within 30 days of their end.
 */

// The unprivileged user of the images, `node` and `temporal` alike.
const USER = 1_000;
const ONLY_OWNER = 0o400;
const FOLDER_MODE = 0o700;
// Nobody types these: they are read from files.
const PASSWORD_BYTES = 24;
/** The proxy's own names, for people; parties are reached under theirs. */
const PROXY = { slug: 'proxy', sanUri: 'urn:xpory:proxy' } as const;

const folder = resolve(process.argv[2] ?? '');
if (process.argv[2] === undefined) {
  process.stderr.write('usage: CP_HOST=… EXPORTER_HOST=… … node stack/compose/prepare.ts FOLDER\n');
  process.exit(2);
}
await prepare().catch((error: unknown) => {
  const text = error instanceof StackError ? formatStackError(error) : messageOf(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});

async function prepare(): Promise<void> {
  const own = join(folder, 'authority');
  await mkdir(own, { recursive: true, mode: FOLDER_MODE });
  const parties = PARTIES.map(({ slug, sanUri }) => ({
    slug,
    sanUri,
    dnsNames: [hostOf(`${slug.toUpperCase()}_HOST`)],
  }));
  const people = { ...PROXY, dnsNames: [hostOf('CONSOLE_HOST'), hostOf('STORE_HOST')] };
  const pki = await ensurePki(own, { parties: [...parties, people] });
  const secrets = await ensureSecrets(own);
  for (const party of PARTIES) {
    const { sealKeys, indexKey } = secrets[party.slug];
    const password = await ensurePassword(`${party.slug}-database`);
    const files = {
      'database-url': `postgres://${party.database}:${password}@postgres-${party.slug}:5432/${party.database}`,
      'seal-keys': sealKeys,
      'seal-index-key': indexKey,
      ...(party.slug === 'cp'
        ? { 'bootstrap-password': newPassword() }
        : { 'backoffice-key': newPassword() }),
    };
    for (const [name, content] of Object.entries(files))
      await ensureFile(party.slug, name, content);
    await putPair(party.slug, pki);
  }
  await ensurePassword('engine-database');
  await putPair(PROXY.slug, pki);
  await putFile('cp-authority', 'ca.crt', pki.caPath, isRenewed(pki, 'ca'));
  await putFile('cp-authority', 'ca.key', pki.caKeyPath, isRenewed(pki, 'ca'));
  const made = pki.renewed.length === 0 ? 'nothing new' : `made ${pki.renewed.join(', ')}`;
  process.stdout.write(`certificates: ${made}\n`);
}

function hostOf(variable: string): string {
  const host = process.env[variable] ?? '';
  if (host !== '') return host;
  throw new Error(`${variable} is missing: the name that a certificate is made for`);
}

function isRenewed({ renewed }: Pki, slug: string): boolean {
  return renewed.includes(slug) || renewed.includes('ca');
}

async function putPair(slug: string, pki: Pki): Promise<void> {
  const files = pki.parties[slug];
  if (files === undefined) throw new Error(`no certificate was made for ${slug}`);
  const renewed = isRenewed(pki, slug);
  await putFile(slug, 'ca.crt', pki.caPath, isRenewed(pki, 'ca'));
  // The key first: a process that looks in between goes on with the pair that it has.
  await putFile(slug, 'tls.key', files.keyPath, renewed);
  await putFile(slug, 'tls.crt', files.certPath, renewed);
}

function newPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url');
}

async function ensurePassword(volume: string): Promise<string> {
  return ensureFile(volume, 'password', newPassword());
}

/** The content that the file has from now on: its own, where it was there. */
async function ensureFile(volume: string, name: string, content: string): Promise<string> {
  const path = join(await volumeFolder(volume), name);
  if (await isThere(path)) return (await readFile(path, 'utf8')).trim();
  await writeFileWhole(path, `${content}\n`, { mode: ONLY_OWNER });
  await giveAway(path);
  return content;
}

async function putFile(volume: string, name: string, from: string, again: boolean): Promise<void> {
  const path = join(await volumeFolder(volume), name);
  if (!again && (await isThere(path))) return;
  await writeFileWhole(path, await readFile(from), { mode: ONLY_OWNER });
  await giveAway(path);
}

async function volumeFolder(volume: string): Promise<string> {
  const path = join(folder, volume);
  await mkdir(path, { recursive: true });
  await chmod(path, FOLDER_MODE);
  await giveAway(path);
  return path;
}

/** Outside a container the files belong to whoever runs this. */
async function giveAway(path: string): Promise<void> {
  if (process.getuid?.() === 0) await chown(path, USER, USER);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    // Not made yet.
    () => false,
  );
}
