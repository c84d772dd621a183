import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { verifyBundle, type Finding } from '../../cli/verify/bundle.ts';
import { EVIDENCE_PARTS, type EvidenceBundle } from '../../domain/audit/evidence.ts';
import { canonicalJson, type Json } from '../../domain/shared/canonical.ts';
import type { TraderPurchaseData } from '../../domain/telemetry/events.ts';
import {
  EXPORTER,
  IMPORTER,
  pairPath,
  refusalOf,
  registerBoth,
  startControlPlane,
  type Stage,
} from '../cp/stage.ts';
import { eventOf, purchase, send, sender, type Sender } from '../cp/telemetry/events.ts';

const LONG_MS = 60_000;

let stage: Stage;
let parties: { readonly exporter: Sender; readonly importer: Sender };
let auditor: string;
let trade: string;
let text: string;

beforeAll(async () => {
  stage = await startControlPlane();
  await registerBoth(stage);
  const body = { fxRate: '1.23456789' };
  await stage.ask({
    ...{ method: 'PUT', path: pairPath(EXPORTER, IMPORTER), body, token: stage.master },
  });
  const [exporter, importer] = [await sender(stage, EXPORTER), await sender(stage, IMPORTER)];
  parties = { exporter, importer };
  auditor = (await stage.person('auditor')).token;
  await stage.ask({
    ...{ path: '/policies/pull', as: importer.tls, token: importer.token },
  });
  trade = await traded();
  text = await evidence(trade);
}, LONG_MS);
afterAll(() => stage.stop());

type Change = Partial<TraderPurchaseData>;

/** A trade as both sides tell of it; the exporter's figures may be changed. */
async function traded(change: Change = {}, policyRevision = 1): Promise<string> {
  const tradeId = randomUUID();
  const common = { tradeId, relationshipRevision: 2, policyRevision };
  const importer: Change = {
    ...common,
    role: 'IMPORTER',
    counterpartWlId: EXPORTER,
    ...{ importedUnitPrice: '98.77', importedAmount: '296.31', importedCurrency: 'XIM' },
  };
  const told = async (who: Sender, data: Change, type?: string): Promise<void> => {
    const document = purchase(data) as unknown as Json;
    const event = eventOf(who, { data: document, ...(type && { type }) });
    const [outcome] = await send(stage, who, [event]);
    if (outcome?.result !== 'ACCEPTED') throw new Error(JSON.stringify(outcome));
  };
  const held = { ...common, version: 1, status: 'HELD' } as const;
  await told(parties.importer, { ...importer, version: 1, status: 'PENDING' }, 'offer.attempted');
  await told(parties.exporter, held, 'hold.opened');
  await told(parties.exporter, { ...common, version: 2, ...change });
  await told(parties.importer, { ...importer, version: 3, status: 'CONFIRMED' });
  return tradeId;
}

async function evidence(tradeId: string): Promise<string> {
  const path = `/admin/api/trades/${tradeId}/evidence`;
  const answer = await stage.ask({ path, token: auditor });
  if (answer.status !== 200) throw new Error(`no evidence: ${answer.status} ${answer.text}`);
  return answer.text;
}

const bundle = (): EvidenceBundle => JSON.parse(text) as EvidenceBundle;
const write = (value: unknown): string => canonicalJson(value as Json);
const told = (findings: readonly Finding[]): string[] =>
  findings.map(({ check, subject, detail }) => `${check}: ${subject} ${detail}`);

describe('the evidence of a trade', () => {
  test('verifies without anything but the file, and says whose key it believed', async () => {
    const verdict = await verifyBundle(text);
    expect(told(verdict.findings)).toEqual([]);
    expect(verdict).toMatchObject({
      verified: true,
      trust: 'BUNDLE',
      trade: { importer: IMPORTER, exporter: EXPORTER, tradeId: trade },
    });
    expect(verdict.checked).toMatchObject({ event: 4, hash: EVIDENCE_PARTS.length, version: 2 });
  });

  test('verifies under keys that were kept, and under one told by its thumbprint', async () => {
    const { body } = await stage.ask({ path: '/.well-known/jwks.json' });
    const jwks = body as { keys: { kid: string; sub: string }[] };
    expect(await verifyBundle(text, { jwks })).toMatchObject({ verified: true, trust: 'PINNED' });
    const { kid = '' } = await verifyBundle(text);
    expect(await verifyBundle(text, { thumbprint: kid })).toMatchObject({ verified: true });
    const others = { keys: jwks.keys.filter((key) => key.kid !== kid) };
    for (const trust of [{ jwks: others }, { thumbprint: 'another' }]) {
      const verdict = await verifyBundle(text, trust);
      expect(told(verdict.findings).join()).toMatch(/^signature: manifest .* not a key that is/);
    }
  });

  test('holds what decided: revisions with FX, tokens, keys and the rows of the audit', () => {
    const { parts } = bundle();
    const subjects = parts.revisions.map(({ subject, revision }) => `${subject} ${revision}`);
    expect(subjects).toEqual([
      `policy/${IMPORTER} 1`,
      `policy/${EXPORTER} 1`,
      `relationship/${EXPORTER}/${IMPORTER} 2`,
    ]);
    expect(parts.revisions[2]?.document).toMatchObject({ fxRate: '1.23456789' });
    expect(new Set(parts.tokens.map(({ sub }) => sub))).toEqual(new Set([EXPORTER, IMPORTER]));
    const kids = parts.signingKeys.map(({ kid }) => kid);
    expect(parts.tokens.every(({ kid }) => kids.includes(kid))).toBe(true);
    expect(parts.eventKeys).toHaveLength(2);
    expect(parts.balance.length).toBeGreaterThan(0);
  });

  test('holds no personal data and no private key', () => {
    const found = /[^*"]@|"d":|"qi":|Ana Prado/.exec(text);
    expect(found).toBeNull();
  });

  test('is for auditors alone, of a trade that is known', async () => {
    const path = `/admin/api/trades/${trade}/evidence`;
    const { token } = await stage.person('operator');
    expect(refusalOf(await stage.ask({ path, token }))).toBe('403 FORBIDDEN');
    const unknown = `/admin/api/trades/${randomUUID()}/evidence`;
    expect(refusalOf(await stage.ask({ path: unknown, token: auditor }))).toBe('404 NOT_FOUND');
  });
});

describe('a bundle changed by one byte', () => {
  /** Where the text of each part lies in the file. */
  function places(): { readonly name: string; readonly from: number; readonly to: number }[] {
    const { parts, manifest } = bundle();
    const found = (name: string, value: unknown) => {
      const from = text.indexOf(`"${name}":${write(value)}`);
      return {
        name,
        from: from + name.length + 3,
        to: from + name.length + 3 + write(value).length,
      };
    };
    const all = EVIDENCE_PARTS.map((name) => found(name, parts[name]));
    return [...all, found('manifest', manifest)];
  }

  test('fails wherever the byte is', async () => {
    const step = Math.max(1, Math.floor(text.length / 400));
    for (let at = 0; at < text.length; at += step) {
      const other = text[at] === 'A' ? 'B' : 'A';
      const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
      const verdict = await verifyBundle(changed);
      expect([at, verdict.verified, verdict.findings.length > 0]).toEqual([at, false, true]);
    }
  });

  test('names the part that the byte is in', async () => {
    for (const { name, from, to } of places()) {
      const inside = text.slice(from, to);
      const letters = [...inside.matchAll(/(?<=:"[^"]*)[a-z0-9](?=[^"]*")/g)];
      const picked = [letters[0], letters[Math.floor(letters.length / 2)], letters.at(-1)];
      for (const match of picked) {
        if (match === undefined) continue;
        const at = from + match.index;
        const other = text[at] === '1' ? '2' : '1';
        const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
        const { findings } = await verifyBundle(changed);
        expect(told(findings).join('\n')).toMatch(new RegExp(`(part )?${name}`));
      }
    }
  });

  test('fails for white space, a bit that no decoder reads, and a file cut short', async () => {
    const signature = bundle().signature;
    const last = signature.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = alphabet[alphabet.indexOf(last) ^ 1] ?? '';
    const changes = [
      `${text}\n`,
      text.replace('{"format"', '{ "format"'),
      text.replace(signature, `${signature.slice(0, -1)}${twin}`),
      text.slice(0, -10),
      '',
    ];
    for (const changed of changes) {
      expect((await verifyBundle(changed)).verified).toBe(false);
    }
  });
});

describe('what the Control Plane would sign and still is not right', () => {
  test('a trade that the sides tell differently', async () => {
    const other = await traded({ quantity: 2, amount: '160.00' });
    const { findings } = await verifyBundle(await evidence(other));
    expect(told(findings)).toEqual([
      'amount: quantity of the trade importer says 3, exporter 2',
      'amount: amount of the trade importer says 240.00, exporter 160.00',
    ]);
  });

  test('a total that is not price times quantity', async () => {
    const other = await traded({ amount: '240.01' });
    const { findings } = await verifyBundle(await evidence(other));
    expect(told(findings).join()).toContain('has the amount 240.01, not 240.00');
  });

  test('a revision that never was', async () => {
    const other = await traded({ relationshipRevision: 9 });
    const { findings } = await verifyBundle(await evidence(other));
    expect(told(findings).join()).toContain(`names relationship/${EXPORTER}/${IMPORTER} 9`);
  });

  test('an audit row that was edited after the head was signed', async () => {
    await stage.pool.query(`ALTER TABLE audit DISABLE TRIGGER ALL;
      UPDATE audit SET after = jsonb_set(after, '{fxRate}', '"9"')
       WHERE subject = 'relationship/${EXPORTER}/${IMPORTER}' AND after->>'revision' = '2';
      ALTER TABLE audit ENABLE TRIGGER ALL`);
    const { findings } = await verifyBundle(await evidence(trade));
    expect(told(findings).join('\n')).toMatch(/audit: audit row \d+ EDITED/);
    expect(told(findings).join('\n')).toContain('differs from its audit row in fxRate');
  });
});
