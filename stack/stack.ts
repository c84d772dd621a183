import { join, resolve } from 'node:path';
import { secretKey, sealKeys } from '../runtime/environment.ts';
import { ensureBundles } from './bundles/bundles.ts';
import type { Bundles } from './bundles/bundles.ts';
import { ensureConsole } from './console/console.ts';
import { migrateAll, ownDatabases, patiently } from './postgres/databases.ts';
import type { StackError } from './errors.ts';
import { ensurePassableFolder } from './folders.ts';
import { ensureLocalData } from './local-data/seed.ts';
import { lockFolder } from './supervision/lock.ts';
import type { FolderLock } from './supervision/lock.ts';
import type { ResetScope } from './options.ts';
import { PARTIES, WL_PARTIES, tlsUrl } from './parties.ts';
import type { Party, PartySlug } from './parties.ts';
import { ensurePki } from './certificates/pki.ts';
import type { Pki } from './certificates/pki.ts';
import { assertPortsFree } from './ports.ts';
import type { Environment, PortKey, Ports } from './ports.ts';
import { preparePostgres } from './postgres/postgres.ts';
import { GROUPS, arePlainListenersOn, stackProcesses } from './supervision/processes.ts';
import type { Progress } from './progress.ts';
import {
  deleteNamespaces,
  partiesOf,
  refuseForeignEngine,
  removeTemporalData,
  resetTables,
} from './reset.ts';
import { ensureSecrets } from './certificates/secrets.ts';
import type { Secrets } from './certificates/secrets.ts';
import { createSupervisor } from './supervision/supervisor.ts';
import type { SupervisedProcess, Supervisor } from './supervision/supervisor.ts';
import { ensureNamespaces, findTemporal, prepareTemporal } from './temporal/temporal.ts';
import { createWeb, createWebAgent } from './web.ts';
import type { Web } from './web.ts';

export interface StackOptions {
  /** Read here and handed on to the processes; see `environmentOf`. */
  readonly env: Environment;
  readonly dataDir: string;
  readonly ports: Ports;
  readonly reset?: ReadonlySet<ResetScope>;
  readonly progress: Progress;
  /** Finished lines of the processes. */
  readonly log: (line: string) => void;
  /** A process can't be kept up; the owner stops the stack. */
  readonly onFatal: (error: StackError) => void;
  readonly colors?: boolean;
  /** Ends a start that is under way; what runs already is stopped. */
  readonly signal?: AbortSignal;
  /** false only in tests. */
  readonly fsync?: boolean;
  /** Shared by the stacks of a test run, which all have the same code. */
  readonly bundleDir?: string;
  /** Builds the console where its build is missing or old; without it what is there is served. */
  readonly console?: boolean;
  /** Drills put themselves between the processes here; called once, before the first of them. */
  readonly wire?: Wire;
}

/** The processes as they are to be run; the free ports were looked at before. */
export type Wire = (
  processes: readonly SupervisedProcess[],
  ports: Ports,
) => Promise<readonly SupervisedProcess[]>;

export interface Stack {
  readonly env: Environment;
  readonly dataDir: string;
  readonly ports: Ports;
  readonly supervisor: Supervisor;
  readonly pki: Pki;
  readonly secrets: Secrets;
  readonly temporal: { readonly address: string; readonly uiUrl: string };
  databaseUrl(party: Party): string;
  /** HTTP to a party's TLS listener; with the certificate of `as`, or without one. */
  web(party: Party, as?: PartySlug): Web;
  /** Everything, in under 10 s. */
  stop(): Promise<void>;
}

/** Everything up and ready, with its own data; nothing is registered yet. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const dataDir = resolve(options.dataDir);
  await ensurePassableFolder(dataDir);
  const lock = await lockFolder(dataDir);
  const supervisor = createSupervisor({
    log: options.log,
    onFatal: options.onFatal,
    ...(options.colors === undefined ? {} : { colors: options.colors }),
  });
  try {
    const coming = bringUp({ ...options, dataDir }, supervisor, lock);
    return await Promise.race([coming, rejectedBy(options.signal)]);
  } catch (error) {
    await supervisor.stopAll();
    await lock.release();
    throw error;
  }
}

function rejectedBy(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    const give = (): void => reject(new Error('the start was interrupted'));
    if (signal?.aborted === true) give();
    signal?.addEventListener('abort', give, { once: true });
  });
}

async function bringUp(
  options: StackOptions,
  supervisor: Supervisor,
  lock: FolderLock,
): Promise<Stack> {
  const { env, dataDir, ports, progress } = options;
  await assertPortsFree(ports, { skip: unusedPorts(env) });
  const pki = await ensurePki(join(dataDir, 'pki'), {
    parties: PARTIES.map(({ slug, sanUri, host }) => ({ slug, sanUri, dnsNames: [host] })),
  });
  const secrets = await ensureSecrets(dataDir);
  const bundleDir = options.bundleDir ?? join(dataDir, 'bundles');
  const [databaseUrl, temporal, bundles] = await allOrFirstError([
    step(progress, 'database', () => startDatabases(options, supervisor, secrets)),
    step(progress, 'Temporal', (say) => startTemporalServer(options, supervisor, say)),
    step(progress, 'workflow code', () => ensureBundles(bundleDir)),
    options.console === true ? step(progress, 'console', ensureConsole) : undefined,
  ] as [
    Promise<(party: Party) => string>,
    Promise<{ address: string; uiUrl: string }>,
    Promise<Bundles>,
    Promise<void>,
  ]);
  const agents = createAgents(pki);
  // Code compiled once: a process that begins again is there in two thirds of the time.
  const compiled = { NODE_COMPILE_CACHE: join(dataDir, 'compiled'), ...env };
  const told = { env: compiled, ports, pki, secrets, bundles, databaseUrl };
  const setting = { ...told, agent: agents.get() };
  const { address: temporalAddress, uiUrl: temporalUiUrl } = temporal;
  const planned = stackProcesses({ ...setting, temporalAddress, temporalUiUrl });
  const processes = (await options.wire?.(planned, ports)) ?? planned;
  await allOrFirstError(
    processes.map((process) => step(progress, process.name, () => supervisor.start(process))),
  );
  return {
    ...{ env, dataDir, ports, supervisor, pki, secrets, temporal, databaseUrl },
    web: (party, as) => createWeb(agents.get(as), tlsUrl(party, ports)),
    async stop() {
      await supervisor.stopAll();
      await agents.close();
      await lock.release();
    },
  };
}

function unusedPorts(env: Environment): PortKey[] {
  const skipped: PortKey[] = [];
  if (ownDatabases(env) !== undefined) skipped.push('postgres');
  if ((env['TEMPORAL_ADDRESS'] ?? '') !== '') skipped.push('temporal', 'temporalUi');
  if (!arePlainListenersOn(env)) skipped.push(...PARTIES.map(({ ports }) => ports.http));
  return skipped;
}

async function startDatabases(
  options: StackOptions,
  supervisor: Supervisor,
  secrets: Secrets,
): Promise<(party: Party) => string> {
  const { env, dataDir, ports, reset } = options;
  let databaseUrl = ownDatabases(env);
  if (databaseUrl === undefined) {
    const postgres = await preparePostgres({
      dataDir: join(dataDir, 'postgres'),
      port: ports.postgres,
      databases: PARTIES.map(({ database }) => database),
      ...(options.fsync === undefined ? {} : { fsync: options.fsync }),
    });
    await supervisor.start({ ...postgres, group: GROUPS.postgres, color: 'blue' });
    databaseUrl = ({ database }) => postgres.urlFor(database);
  }
  await migrateAll(databaseUrl);
  const urlOf = databaseUrl;
  if (reset !== undefined && reset.size > 0) await patiently(() => resetTables(reset, urlOf));
  for (const party of WL_PARTIES) {
    const seal = {
      keys: sealKeys.parse(sealKeysOf(party.slug, env, secrets)),
      indexKey: secretKey.parse(secrets[party.slug].indexKey),
    };
    await patiently(() => ensureLocalData({ party, databaseUrl: urlOf(party), seal }));
  }
  return databaseUrl;
}

/** What the party's own processes are told, a rotation by environment included. */
function sealKeysOf(slug: PartySlug, env: Environment, secrets: Secrets): string {
  return env[`${slug.toUpperCase()}_SEAL_KEYS`] ?? secrets[slug].sealKeys;
}

async function startTemporalServer(
  options: StackOptions,
  supervisor: Supervisor,
  say: (text: string) => void,
): Promise<{ address: string; uiUrl: string }> {
  const { env, dataDir, ports } = options;
  const resetParties = partiesOf(options.reset ?? new Set());
  const namespaces = PARTIES.map(({ namespace }) => namespace);
  const source = await findTemporal({ env, onProgress: say });
  if (source.kind === 'address') {
    const { address } = source;
    if (resetParties.length > 0) throw refuseForeignEngine(address, resetParties);
    await ensureNamespaces({ address, namespaces });
    return { address, uiUrl: `http://127.0.0.1:${ports.temporalUi}` };
  }
  const folder = join(dataDir, 'temporal');
  if (resetParties.length === PARTIES.length) await removeTemporalData(folder);
  const prepared = await prepareTemporal({
    binary: source,
    dataDir: folder,
    port: ports.temporal,
    uiPort: ports.temporalUi,
    namespaces,
  });
  await supervisor.start({ ...prepared, group: GROUPS.temporal, color: 'yellow' });
  if (resetParties.length > 0 && resetParties.length < PARTIES.length) {
    const gone = resetParties.map(({ namespace }) => namespace);
    say(`deleting ${gone.join(', ')}`);
    await deleteNamespaces(prepared.address, gone);
    await supervisor.restart(prepared.name);
  }
  return { address: prepared.address, uiUrl: prepared.uiUrl };
}

function createAgents(pki: Pki): {
  get(party?: PartySlug): ReturnType<typeof createWebAgent>;
  close(): Promise<void>;
} {
  const all = new Map<PartySlug | undefined, ReturnType<typeof createWebAgent>>();
  return {
    get(party) {
      const agent = all.get(party) ?? createWebAgent(pki, party);
      all.set(party, agent);
      return agent;
    },
    async close() {
      await Promise.all([...all.values()].map((agent) => agent.destroy()));
    },
  };
}

export async function step<T>(
  progress: Progress,
  name: string,
  work: (say: (text: string) => void) => Promise<T>,
): Promise<T> {
  const running = progress.step(name);
  try {
    const result = await work((text) => running.update(text));
    running.done();
    return result;
  } catch (error) {
    running.fail();
    throw error;
  }
}

/** Waits for all, so that nothing is still starting while the rest is stopped. */
async function allOrFirstError<T extends readonly unknown[]>(promises: {
  readonly [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  await Promise.allSettled(promises);
  return (await Promise.all(promises)) as unknown as T;
}
