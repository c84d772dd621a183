import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { createCertificateRenewalActivities } from '../../activities/certificate-renewal/activities.ts';
import { createOwnRenewalActivities } from '../../activities/certificate-renewal/own.ts';
import { createAgent } from '../../activities/clients/agent.ts';
import { createControlPlaneClient } from '../../activities/clients/control-plane.ts';
import { createAuthority } from '../../runtime/certificates/authority.ts';
import { watchTls, type WatchedTls } from '../../runtime/live-tls.ts';
import { installRuntime } from '../../runtime/temporal.ts';
import { CP_SUBJECT_URI, wlSubjectUri, type TlsFiles } from '../../runtime/tls.ts';
import { testBundle } from '../support/bundles.ts';
import {
  CERTIFICATE_RENEWAL,
  type RenewalOutcome,
} from '../../workflows/certificate-renewal/contract.ts';
import { CP_TASK_QUEUE } from '../../workflows/policy-revision/contract.ts';
import { BACKGROUND_QUEUE } from '../../workflows/shared/background.ts';
import { testFolder } from '../stack/setup.ts';
import { createTestPki, type TestPki } from '../support/certificates.ts';
import { startTestTemporal } from '../support/temporal.ts';
import { startControlPlane, type TestControlPlane } from './control-plane.ts';
import { startWlDatabases, type TestWl } from './database.ts';
import { IMPORTER } from './documents.ts';

export interface RenewalBench {
  readonly pki: TestPki;
  readonly wl: TestWl;
  readonly files: TlsFiles;
  /** As the WL's listeners and clients see the files. */
  readonly tls: WatchedTls;
  readonly controlPlane: TestControlPlane;
  /** The Control Plane's own files, as its API shows them and its worker renews them. */
  readonly own: {
    readonly files: TlsFiles;
    readonly tls: WatchedTls;
    age(minutes: number): Promise<void>;
    run(): Promise<Run>;
    /** How often its steps have asked for the start of what they ordered. */
    kicked(): number;
  };
  readonly client: Client;
  /** A certificate that has lived for so much of an hour takes the place of the present one. */
  age(minutes: number): Promise<void>;
  /** One run of the schedule's workflow. */
  run(): Promise<Run>;
  stop(): Promise<void>;
}

interface Run {
  readonly outcome: RenewalOutcome;
  readonly workflowId: string;
}

export const HOST = 'wl-exporter.localhost';
const CP_HOST = 'cp.localhost';
const EVENT_KEY = { kty: 'OKP', crv: 'Ed25519', kid: 'e1', x: 'A'.repeat(43) } as const;
const SILENT = pino({ level: 'silent' });
const NAMESPACE = 'wl-importer';
const MINUTE_MS = 60_000;
const LOOK_MS = 50;

/** A white label with certificate files, the real Control Plane with an authority, and an engine. */
export async function startRenewalBench(): Promise<RenewalBench> {
  installRuntime(SILENT);
  const folder = await testFolder();
  const temporal = await startTestTemporal(folder.path, [NAMESPACE]);
  const server = await startWlDatabases(['importer'], ['cp']);
  const wl = server.open('importer');
  const pki = await createTestPki();
  const party = (name: string, sanUri: string, host: string) =>
    agingParty({ pki, folder: join(folder.path, name), sanUri, host });
  const { files, age, tls, agent } = await party('wl', wlSubjectUri(IMPORTER), HOST);
  const cp = await party('cp', CP_SUBJECT_URI, CP_HOST);
  const controlPlane = await startControlPlane({
    ...{ databaseUrl: server.urlFor('cp'), tls: cp.tls, agent: cp.agent },
    authority: createAuthority(pki.authority),
  });
  const own = createControlPlaneClient({
    ...{ agent, cpUrl: controlPlane.url, wlId: IMPORTER, authorities: () => pki.ca },
  });
  const body = { id: IMPORTER, name: 'Importer', status: 'ACTIVE', currency: 'XIM' };
  await controlPlane.ask('POST', '/admin/api/wls', body);
  const peerUrl = `https://${HOST}:15998`;
  await own.registerEndpoint({ peerUrl, currency: 'XIM', eventKeys: { keys: [EVENT_KEY] } });
  const connection = await NativeConnection.connect({ address: temporal.address });
  const client = new Client({ connection, namespace: NAMESPACE });
  const worker = await Worker.create({
    ...{ connection, namespace: NAMESPACE, taskQueue: BACKGROUND_QUEUE },
    workflowBundle: await testBundle('wl'),
    activities: createCertificateRenewalActivities({
      ...{ db: wl.db, wlId: IMPORTER, files, host: HOST, controlPlane: own },
      clock: () => new Date(),
    }),
  });
  let kicks = 0;
  const cpWorker = await Worker.create({
    ...{ connection, namespace: NAMESPACE, taskQueue: CP_TASK_QUEUE },
    workflowBundle: await testBundle('cp'),
    activities: createOwnRenewalActivities({
      ...{ db: controlPlane.db, files: cp.files, agent: cp.agent, cpUrl: controlPlane.url },
      work: { kick: () => void (kicks += 1) },
      clock: () => new Date(),
    }),
  });
  const running = Promise.all([worker.run(), cpWorker.run()]);
  const runOn = (taskQueue: string) => async (): Promise<Run> => {
    const workflowId = `certificate-renewal/${randomUUID()}`;
    const options = { workflowId, taskQueue, args: [] };
    const outcome: unknown = await client.workflow.execute(CERTIFICATE_RENEWAL, options);
    return { outcome: outcome as RenewalOutcome, workflowId };
  };
  return {
    ...{ pki, wl, files, tls, controlPlane, client, age, run: runOn(BACKGROUND_QUEUE) },
    own: {
      ...{ files: cp.files, tls: cp.tls, age: cp.age, run: runOn(CP_TASK_QUEUE) },
      kicked: () => kicks,
    },
    async stop() {
      worker.shutdown();
      cpWorker.shutdown();
      await running;
      await connection.close();
      await controlPlane.stop();
      tls.close();
      cp.tls.close();
      await Promise.all([agent.close(), cp.agent.close()]);
      await server.stop();
      await temporal.stop();
      await folder.remove();
    },
  };
}

/** A party's files, the first minute of an hour old, and who looks at them. */
async function agingParty(party: {
  readonly pki: TestPki;
  readonly folder: string;
  readonly sanUri: string;
  readonly host: string;
}) {
  const { pki, folder, sanUri, host } = party;
  await mkdir(folder);
  const path = (name: string): string => join(folder, name);
  const files = { caFile: path('ca'), certFile: path('cert'), keyFile: path('key') };
  const age = async (minutes: number): Promise<void> => {
    const notBefore = new Date(Date.now() - minutes * MINUTE_MS);
    const material = await pki.issue({
      ...{ sanUri, dnsNames: [host], notBefore },
      notAfter: new Date(notBefore.getTime() + 60 * MINUTE_MS),
    });
    await writeFile(files.caFile, material.ca);
    await writeFile(files.keyFile, material.key);
    await writeFile(files.certFile, material.cert);
  };
  await age(1);
  const tls = watchTls(files, { log: SILENT, everyMs: LOOK_MS });
  return { files, age, tls, agent: createAgent({ tls, connections: 2 }) };
}
