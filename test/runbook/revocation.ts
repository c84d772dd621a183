import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { writeCertificateRequest } from '../../runtime/certificates/request.ts';
import { certificateFacts, type TlsMaterial } from '../../runtime/tls.ts';
import { CP, EXPORTER, IMPORTER, WL_PARTIES, type Party } from '../../stack/parties.ts';
import { BUYER } from '../../stack/local-data/members.ts';
import { eventually } from '../stack/setup.ts';
import { buy, outcomeOf, webWith, type Stage } from './stage.ts';
import { spareOffers } from './trades.ts';

/** CONTRACTS.md: refused at every party within a minute. Nudges make it seconds. */
const PROMISED_MS = 60_000;

type Own = TlsMaterial & { readonly serial: string };
interface Issued {
  readonly certificate: string;
  readonly authority: string;
  readonly serial: string;
}

/** Certificates that are revoked and replaced under running parties, by their own routes. */
export function revokedCertificates(stage: () => Stage): void {
  const certificateBy = async (ask: (csr: string) => Promise<Issued>): Promise<Own> => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const issued = await ask(await writeCertificateRequest(privateKey));
    const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    return { ca: issued.authority, cert: issued.certificate, key, serial: issued.serial };
  };
  const certificate = (): Promise<Own> =>
    certificateBy((csr) => {
      const web = stage().stack.web(CP, 'importer');
      const path = `/wls/${IMPORTER.wlId}/certificates`;
      return web.need<Issued>(path, { method: 'POST', body: { csr } });
    });
  /** A trade that nobody has: known callers are told so, strangers are not let in. */
  const knock = async (party: Party, tls: TlsMaterial): Promise<string> => {
    const web = webWith(stage().stack, party, tls);
    try {
      return party === CP
        ? outcomeOf(await web.ask(`/wls/${IMPORTER.wlId}/token`, { method: 'POST' }))
        : outcomeOf(await web.ask(`/api/v2/trader/purchases/${randomUUID()}`));
    } finally {
      web.close();
    }
  };

  test(
    'a revoked certificate is refused at every party within a minute',
    async () => {
      const tls = await certificate();
      expect(await knock(CP, tls)).toBe('200');
      for (const party of WL_PARTIES) expect(await knock(party, tls)).toBe('404 NOT_FOUND');
      const since = performance.now();
      const path = `/wls/${IMPORTER.wlId}/certificates/${tls.serial}/revoke`;
      await stage().admin('POST', path, { reason: 'a drill' });
      expect(await knock(CP, tls)).toBe('401 CERTIFICATE_REQUIRED');
      for (const party of WL_PARTIES) {
        const refused = async (): Promise<boolean> =>
          (await knock(party, tls)) === '401 CERTIFICATE_REQUIRED';
        await eventually(`${party.slug} refuses it`, refused, PROMISED_MS);
      }
      const seconds = ((performance.now() - since) / 1_000).toFixed(1);
      process.stdout.write(`revoked certificate refused everywhere after ${seconds} s\n`);
    },
    PROMISED_MS * 2,
  );

  test(
    'a revoked certificate of the Control Plane’s own is refused at every white label, too',
    async () => {
      const { admin, stack } = stage();
      const path = '/admin/api/certificates';
      const tls = await certificateBy((csr) => admin<Issued>('POST', path, { csr }));
      const categories = async (party: Party): Promise<string> => {
        const web = webWith(stack, party, tls);
        try {
          return outcomeOf(await web.ask('/api/v2/trader/offer-categories'));
        } finally {
          web.close();
        }
      };
      for (const party of WL_PARTIES) expect(await categories(party)).toBe('200');
      await admin('POST', `${path}/${tls.serial}/revoke`, { reason: 'a drill' });
      for (const party of WL_PARTIES) {
        const refused = async (): Promise<boolean> =>
          (await categories(party)) === '401 CERTIFICATE_REQUIRED';
        await eventually(`${party.slug} refuses it`, refused, PROMISED_MS);
      }
    },
    PROMISED_MS * 2,
  );

  test(
    'a replaced certificate is taken up without a restart, and purchases go on',
    async () => {
      const files = stage().stack.pki.parties['importer'];
      const renewed = await certificate();
      await writeFile(files?.keyPath ?? '', renewed.key);
      await writeFile(files?.certPath ?? '', renewed.cert);
      const { thumbprint } = certificateFacts(renewed.cert);
      await eventually(
        'tokens are bound to it',
        async () => {
          const rows = await stage().rows<{ kind: string }>(
            CP,
            'SELECT DISTINCT kind FROM issued_token WHERE thumbprint = $1',
            [thumbprint],
          );
          return rows.length === 2;
        },
        PROMISED_MS,
      );
      const [offer] = await spareOffers(stage(), 9);
      const statuses: string[] = [];
      await eventually(
        'a purchase confirms',
        async () => {
          const { status } = await buy(stage(), BUYER, offer?.offerId ?? '');
          statuses.push(status);
          return status === 'CONFIRMED';
        },
        PROMISED_MS,
      );
      // The exporter saw the new one: only a token that is bound to it got the purchase through.
      expect(statuses.length).toBeLessThanOrEqual(5);
      expect(await knock(EXPORTER, renewed)).toBe('404 NOT_FOUND');
    },
    PROMISED_MS * 2,
  );
}
