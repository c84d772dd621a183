import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hash } from '@node-rs/argon2';
import { Client, Connection } from '@temporalio/client';
import { cpRoutes, CP_DOCUMENT, createCpVerifier } from '../api/cp/app.ts';
import { CONSOLE_FOLDER, serveConsole } from '../api/cp/console/files.ts';
import { createEngine } from '../api/cp/engine.ts';
import { createLooker } from '../activities/work/looker.ts';
import { createWorkStarter } from '../activities/work/starter.ts';
import { testGateway } from '../api/cp/signals/gateway-test.ts';
import { createSigner, type Signer } from '../api/cp/tokens/signer.ts';
import { isRevoked } from '../db/cp/certificate.ts';
import { ensureControlPlaneKeys } from '../db/cp/key.ts';
import { CP_MIGRATIONS } from '../db/cp/migrations.ts';
import { bootstrapMaster, hasMaster } from '../db/cp/operator.ts';
import type { Author, CpSchema } from '../db/cp/schema.ts';
import { certificateFacts } from '../runtime/tls.ts';
import { createAuthority, type Authority } from '../runtime/certificates/authority.ts';
import { readCpConfig, type CpConfig } from '../runtime/config.ts';
import type { SignalTestInput } from '../workflows/signal-test/contract.ts';
import { openPartyDatabase, type PartyDatabase } from './compose/party-database.ts';
import { clientTracing } from './compose/engine-tracing.ts';
import { measureIntake } from './compose/intake-figures.ts';
import { createParts, run, serveParty } from './compose/process.ts';
import { openSupportDesk } from './compose/support-desk.ts';
import { openTls } from './compose/transport.ts';

const NAME = 'cp-api';

/** The Control Plane's API. It serves without the engine: what it starts there is only haste. */
async function main(): Promise<void> {
  const config = readCpConfig(process.env);
  const parts = await createParts(NAME, config);
  const { log, shutdown } = parts;
  const database = await openPartyDatabase<CpSchema>(config, {
    ...parts,
    migrations: CP_MIGRATIONS,
  });
  shutdown.add('database', database.close);
  const { db, sealer } = database;
  const clock = (): Date => new Date();
  const signer = createSigner({ db, sealer, issuer: config.cpUrl, clock });
  const firstTime = await bootstrap(config, database, signer);
  log.info(firstTime, 'bootstrapped');

  // Lazy: the connection is made by the first start of a workflow, and again after it broke.
  const connection = Connection.lazy({ address: config.temporal.address });
  const client = new Client({
    connection,
    namespace: config.temporal.namespace,
    ...(parts.tracing && { interceptors: clientTracing(parts.tracing) }),
  });
  const engine = createEngine({ client });
  const work = createWorkStarter({ db, client: () => client, log });
  const looker = createLooker({ client: () => client, log });
  const signals = {
    look: looker.look,
    test: (input: SignalTestInput) => testGateway(client, input),
  };
  shutdown.add('engine', async () => {
    await work.settle();
    await connection.close();
  });

  const { profile, tokens } = config;
  const authority = authorityOf(config);
  const hasMail = config.mail !== undefined;
  const tls = openTls(config, parts);
  const supportDesk = await openSupportDesk(config, { ...parts, database, signer, tls });
  const verifier = createCpVerifier(db, { issuer: config.cpUrl, clock });
  await serveParty(config, parts, {
    routes: cpRoutes({
      db,
      sealer,
      profile,
      verifier,
      signer,
      engine,
      work,
      signals,
      supportDesk,
      tokens,
      authority,
      own: {
        hosts: [config.listen.tlsHost, new URL(config.cpUrl).hostname],
        inUse: () => certificateFacts(tls.current().cert),
      },
      hasMail,
      onEvent: measureIntake(parts.metrics, parts.tracing),
      console: config.console,
    }),
    mount: (app) => serveConsole(app, config.console.folder ?? CONSOLE_FOLDER),
    document: CP_DOCUMENT,
    isRevoked: ({ serial }) => isRevoked(db, serial),
    tls,
  });
}

/** The key is read once and kept in memory: an authority is replaced by a restart. */
function authorityOf({ authority }: CpConfig): Authority | undefined {
  if (authority === undefined) return undefined;
  const read = (file: string): string => readFileSync(file, 'utf8');
  return createAuthority({ certPem: read(authority.certFile), keyPem: read(authority.keyFile) });
}

/** Makes the Control Plane's own keys and the first master, once; repeated starts change nothing. */
async function bootstrap(
  config: CpConfig,
  { db, sealer }: PartyDatabase<CpSchema>,
  signer: Signer,
): Promise<{ readonly keys: boolean; readonly master: boolean }> {
  const author: Author = { actor: 'bootstrap', source: NAME, correlationId: randomUUID() };
  const keys = await ensureControlPlaneKeys(db, author, signer.makeKeyPair);
  if (await hasMaster(db)) return { keys, master: false };
  const passwordHash = await hash(config.bootstrap.password);
  const { email } = config.bootstrap;
  const operator = { id: randomUUID(), email, passwordHash, roles: ['master'] as const };
  return { keys, master: await bootstrapMaster(db, sealer, { operator, author }) };
}

run(NAME, main);
