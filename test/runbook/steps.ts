import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { EXPORTER_CATALOGUE } from '../../stack/local-data/catalogue.ts';
import { CP, EXPORTER, IMPORTER, WL_PARTIES } from '../../stack/parties.ts';
import type { WlParty } from '../../stack/parties.ts';
import { P12_PASSWORD } from '../../stack/certificates/pki.ts';
import { EXPORT_POLICY, importOffers } from '../../stack/register.ts';
import { importedOffers, type Stage } from './stage.ts';

const LABELS = { updatedBy: 'bootstrap', updatedSource: 'runbook' };
const TRADERS = {
  exporter: { name: 'Conta Trader Exporter', phone: '+55 11 90000-0001', masked: 'ex***' },
  importer: { name: 'Conta Trader Importer', phone: '+55 11 90000-0002', masked: 'im***' },
} as const;

const policyOf = ({ slug }: WlParty) => ({
  importEnabled: slug === 'importer',
  exportEnabled: slug === 'exporter',
  exportDelaySeconds: 0,
  visibilityEnabled: true,
  policyRevision: 'baseline',
});
const partnerOf = (party: WlParty): WlParty => (party === EXPORTER ? IMPORTER : EXPORTER);
const pathOf = ({ wlId }: WlParty): string => `/admin/api/wls/${wlId}`;
const PAIR = `/admin/api/relationships/${EXPORTER.wlId}/${IMPORTER.wlId}`;

/** Steps 3 to 6: from nothing registered to offers that can be bought. */
export function registrationSteps(stage: () => Stage): void {
  test('3: white labels get the ids that were asked for', async () => {
    expect(await stage().admin('GET', '/admin/api/wls')).toEqual({ items: [], total: 0 });
    for (const party of WL_PARTIES) {
      const { slug, wlId, name, currency } = party;
      const created = await stage().admin('POST', '/admin/api/wls', {
        ...{ id: wlId, name, currency, description: `${slug} WL`, status: 'active' },
        contactEmail: `${slug}@example.com`,
        gatewayUrl: `http://127.0.0.1:${stage().stack.ports[party.ports.http]}`,
        policy: policyOf(party),
      });
      const contactEmail = `${slug.slice(0, 2)}***@example.com`;
      expect(created).toMatchObject({ id: wlId, name, status: 'ACTIVE', contactEmail });
    }
    const listed = await stage().admin<{ total: number }>('GET', '/admin/api/wls');
    expect(listed.total).toBe(2);
  });

  test('3: a policy that changes makes a numbered revision, the same again makes none', async () => {
    for (const party of WL_PARTIES) {
      const body = { ...policyOf(party), visibilityWls: [partnerOf(party).wlId], ...LABELS };
      const put = () => stage().admin<object>('PUT', `${pathOf(party)}/policies`, body);
      expect(await put()).toMatchObject({ revision: 2, ...body });
      expect(await put()).toMatchObject({ revision: 2 });
    }
  });

  test('3: relationships in both directions, with their defaults', async () => {
    for (const src of WL_PARTIES) {
      const path = `/admin/api/relationships/${src.wlId}/${partnerOf(src).wlId}`;
      const fields = { status: 'active', fxRate: 1, limitAmount: 100_000, ...LABELS };
      expect(await stage().admin('PUT', path, fields)).toMatchObject({
        ...{ revision: 1, status: 'ACTIVE', fxRate: '1', limitAmount: '100000.00' },
        ...{ limitMode: 'HARD', approval: { mode: 'ABOVE', aboveAmount: '1000.00' } },
        ...LABELS,
      });
    }
  });

  test('3: trader accounts come back with masked contacts', async () => {
    for (const party of WL_PARTIES) {
      const { name, phone, masked } = TRADERS[party.slug];
      const account = await stage().admin('POST', `${pathOf(party)}/trader`, {
        ...{ name, status: 'active', contactPhone: phone },
        contactEmail: `${party.slug}@example.com`,
      });
      expect(account).toMatchObject({ name, contactEmail: `${masked}@example.com` });
      expect(JSON.stringify(account)).not.toContain('90000-000');
    }
  });

  test('4: snapshots hold what the exporter has', async () => {
    // A white label registers its address within seconds; its import does so now.
    await importOffers(stage().stack, EXPORTER);
    const active = EXPORTER_CATALOGUE.offers.filter(({ status }) => status === 'ENABLED');
    for (const [path, names, key] of [
      ['offer-categories', EXPORTER_CATALOGUE.categories, 'categoryId'],
      ['entities', EXPORTER_CATALOGUE.entities, 'entityId'],
    ] as const) {
      await stage().admin('POST', `${pathOf(EXPORTER)}/${path}/sync`);
      interface Item {
        readonly id: string;
        readonly name: string;
        readonly activeOffers: number;
      }
      const { items } = await stage().admin<{ items: Item[] }>(
        'GET',
        `${pathOf(EXPORTER)}/${path}?limit=20&offset=0`,
      );
      const expected = Object.entries(names).map(([id, name]) => ({
        ...{ id, name },
        activeOffers: active.filter((offer) => offer[key] === id).length,
      }));
      const byId = (a: Item, b: Item) => a.id.localeCompare(b.id);
      expect(items.toSorted(byId)).toEqual(expected.toSorted(byId));
    }
  });

  test('5: an export_policy is a revision that leaves the rest as it was', async () => {
    const body = { export_policy: EXPORT_POLICY, ...LABELS };
    const put = await stage().admin<Record<string, unknown>>('PUT', PAIR, body);
    expect(put).toMatchObject({ revision: 2, limitAmount: '100000.00', status: 'ACTIVE' });
    expect(put['export_policy']).toMatchObject({ enabled: true, exclude_categories: ['15'] });
    await importOffers(stage().stack, EXPORTER);
  });

  test('6: the p12 file gets a peer token, with which the importer imports', async () => {
    const { token } = JSON.parse(await tokenByP12(stage())) as { token: string };
    const plan = { method: 'POST', bearer: token } as const;
    const path = '/api/v2/control-plane/debug/import';
    const done = await stage()
      .stack.web(IMPORTER, 'importer')
      .need<{ imported: number }>(path, plan);
    const outside = ({ categoryId, status }: { categoryId: string; status: string }): boolean =>
      categoryId !== '15' && status === 'ENABLED';
    const expected = EXPORTER_CATALOGUE.offers.filter(outside).length;
    expect(done).toMatchObject({ imported: expected, warnings: [] });
    const eligible = (await importedOffers(stage())).filter((offer) => offer.eligible);
    expect(eligible).toHaveLength(expected);
    const bad = await stage()
      .stack.web(IMPORTER, 'importer')
      .ask(path, { ...plan, bearer: 'x.y.z' });
    expect(bad).toMatchObject({ status: 401, body: { detail: 'Invalid Control Plane token' } });
  });
}

async function tokenByP12({ stack }: Stage): Promise<string> {
  const body = JSON.stringify({
    targetWlId: EXPORTER.wlId,
    scopes: ['offers:sync', 'trader:purchase'],
  });
  const call = request({
    ...{ method: 'POST', path: `/wls/${IMPORTER.wlId}/peer-token` },
    ...{ host: '127.0.0.1', port: stack.ports[CP.ports.tls], servername: CP.host },
    headers: { host: CP.host, 'content-type': 'application/json' },
    ca: readFileSync(stack.pki.caPath),
    pfx: readFileSync(stack.pki.parties['importer']?.p12Path ?? ''),
    passphrase: P12_PASSWORD,
    agent: false,
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  call.on('error', reject);
  call.on('response', (answer) => {
    expect(answer.statusCode).toBe(200);
    text(answer).then(resolve, reject);
  });
  call.end(body);
  return promise;
}
