import { expect, test } from '@jest/globals';
import { admitsExport } from '../../domain/policy/export-policy.ts';
import { EXPORTER, IMPORTER } from '../../stack/parties.ts';
import { EXPORT_POLICY, importOffers, logIn, putRelationship } from '../../stack/register.ts';
import { buyerToken, importedOffers, outcomeOf, type Stage } from './stage.ts';

type Policy = Omit<typeof EXPORT_POLICY, keyof Lists> & Lists;
interface Lists {
  readonly include_categories: readonly string[];
  readonly exclude_categories: readonly string[];
  readonly entity_allowlist: readonly string[];
  readonly entity_blocklist: readonly string[];
}

const OPEN: Policy = { ...EXPORT_POLICY, exclude_categories: [] };
const SCENARIOS: readonly (readonly [name: string, policy: Policy, expected: number])[] = [
  ['nothing exportable', { ...OPEN, enabled: false }, 0],
  ['a single category', { ...OPEN, include_categories: ['3'] }, 8],
  ['a category excluded', { ...OPEN, exclude_categories: ['15'] }, 55],
  ['an allowlist of entities', { ...OPEN, entity_allowlist: ['70101', '70108'] }, 16],
  ['a blocklist of entities', { ...OPEN, entity_blocklist: ['70104'] }, 52],
];

/** What is imported and eligible is, offer by offer, what the policy admits. */
export function exportPolicyScenarios(stage: () => Stage): void {
  test.each(SCENARIOS)('%s', async (_name, policy, expected) => {
    await set(stage(), policy);
    await importOffers(stage().stack, EXPORTER);
    await importOffers(stage().stack, IMPORTER);
    const admitted = await admittedBy(stage(), policy);
    const eligible = (await importedOffers(stage())).filter((offer) => offer.eligible);
    expect(eligible.map((offer) => offer.originOfferId).toSorted()).toEqual(admitted);
    // Also a known figure: both sides of the comparison above could be wrong in the same way.
    expect(admitted).toHaveLength(expected);
  });

  test('what stops being exportable can not be held any more', async () => {
    await set(stage(), { ...OPEN, enabled: false });
    await importOffers(stage().stack, EXPORTER);
    const [offer] = await importedOffers(stage());
    const answer = await stage()
      .stack.web(EXPORTER, 'importer')
      .ask('/api/v2/trader/purchase/preflight', {
        method: 'POST',
        bearer: await buyerToken(stage()),
        body: {
          requestId: 'not-exportable',
          requesterWlId: IMPORTER.wlId,
          requesterTraderId: 'trader-importer-1',
          originOfferId: offer?.originOfferId,
          expectedUnitPrice: offer?.originUnitPrice,
          quantity: 1,
          clientBuyerMasked: 'qa***@xpory.local',
        },
      });
    expect(outcomeOf(answer)).toBe('200 REJECTED EXPORT_POLICY_DENIED');
    await set(stage(), EXPORT_POLICY);
    await importOffers(stage().stack, EXPORTER);
    await importOffers(stage().stack, IMPORTER);
  });
}

async function set({ stack }: Stage, policy: object): Promise<void> {
  const session = await logIn(stack);
  await putRelationship(session, { src: EXPORTER, dst: IMPORTER }, { export_policy: policy });
}

async function admittedBy(stage: Stage, policy: Policy): Promise<string[]> {
  interface Row {
    readonly offer_id: string;
    readonly category_id: string;
    readonly entity_id: string;
    readonly status: string;
    readonly created_at: Date;
  }
  const own = await stage.rows<Row>(
    EXPORTER,
    'SELECT offer_id, category_id, entity_id, status, created_at FROM offer',
  );
  const terms = {
    enabled: policy.enabled,
    minCreatedAt: Date.parse(policy.min_created_at),
    includeCategories: policy.include_categories,
    excludeCategories: policy.exclude_categories,
    entityAllowlist: policy.entity_allowlist,
    entityBlocklist: policy.entity_blocklist,
  };
  return own
    .filter(({ status }) => status === 'ENABLED')
    .filter((row) =>
      admitsExport(terms, {
        categoryId: row.category_id,
        entityId: row.entity_id,
        createdAt: row.created_at.getTime(),
      }),
    )
    .map((row) => row.offer_id)
    .toSorted();
}
