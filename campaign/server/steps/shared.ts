import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely';
import { issueFrom } from '../../../stack/certificates/certificates.ts';
import { certificateFacts, isPair } from '../../../runtime/tls.ts';
import { PARTIES, type PartySlug } from '../../../stack/parties.ts';
import { BACKGROUND_QUEUE } from '../../../workflows/shared/background.ts';
import { CERTIFICATE_RENEWAL } from '../../../workflows/certificate-renewal/contract.ts';
import { CP_TASK_QUEUE } from '../../../workflows/policy-revision/contract.ts';
import type { StepScenario } from './run.ts';
import type { Scene } from './scene.ts';

export const LABELS = { updatedBy: 'campaign', updatedSource: 'campaign' };

/** The type itself with a schedule's arguments, under an id that no schedule gives. */
export function startItself(scene: Scene, party: PartySlug, type: string) {
  const workflowId = `steps/${type}/${randomUUID()}`;
  const taskQueue = party === 'cp' ? CP_TASK_QUEUE : BACKGROUND_QUEUE;
  return {
    workflowId,
    isMeant: (id: string) => id === workflowId,
    async start() {
      await scene.engines[party].workflow.start(type, { workflowId, taskQueue, args: [] });
    },
  };
}

/** One number that is wanted of a database. */
export async function expectCount(
  db: QueryExecutorProvider,
  wanted: { readonly what: string; readonly count: number },
  query: RawBuilder<{ count: bigint | string }>,
): Promise<string[]> {
  const { rows } = await query.execute(db);
  const count = Number(rows[0]?.count ?? 0);
  return count === wanted.count ? [] : [`${wanted.what}: ${count} in place of ${wanted.count}`];
}

export function stateOf(scene: Scene, tradeId: string): Promise<string | undefined> {
  return sql<{ state: string }>`SELECT state FROM trade WHERE trade_id = ${tradeId}`
    .execute(scene.stage.importer)
    .then(({ rows }) => rows[0]?.state);
}

export async function judgeTrade(
  scene: Scene,
  tradeId: string,
  state: string,
): Promise<readonly string[]> {
  const now = await stateOf(scene, tradeId);
  return now === state ? [] : [`trade ${tradeId} is ${now} and not ${state}`];
}

const HOUR_MS = 3_600_000;
/** Two thirds of its life: from there on it is due. */
const AGED_MS = 2_500_000;

/** A certificate that is due takes the place of the present one, and is renewed by the worker. */
export function certificateRenewal(party: PartySlug): StepScenario {
  return {
    ...{ type: CERTIFICATE_RENEWAL, name: `of ${party}`, party },
    // Tokens are bound to it: for a moment nobody else should need them.
    isTrading: true,
    async prepare(scene) {
      const { pki } = scene.stage.stack;
      const files = pki.parties[party];
      const facts = PARTIES.find(({ slug }) => slug === party);
      if (files === undefined || facts === undefined) throw new Error(`${party} has no files`);
      const notBefore = new Date(Date.now() - AGED_MS);
      const aged = await issueFrom(pki.authority, {
        ...{ commonName: party, sanUri: facts.sanUri, dnsNames: [facts.host], notBefore },
        notAfter: new Date(notBefore.getTime() + HOUR_MS),
      });
      await writeFile(files.keyPath, aged.keyPem);
      await writeFile(files.certPath, aged.certPem);
      return {
        ...startItself(scene, party, CERTIFICATE_RENEWAL),
        async judge() {
          const cert = await readFile(files.certPath, 'utf8');
          const key = await readFile(files.keyPath, 'utf8');
          const { serial, subjectUri, notAfter } = certificateFacts(cert);
          return [
            ...(isPair(cert, key) ? [] : ['the key is not of the certificate']),
            ...(subjectUri === facts.sanUri ? [] : [`the certificate is of ${subjectUri}`]),
            ...(serial === certificateFacts(aged.certPem).serial ? ['it was not renewed'] : []),
            ...(notAfter.getTime() > Date.now() + HOUR_MS ? [] : ['it runs out within the hour']),
          ];
        },
      };
    },
  };
}
