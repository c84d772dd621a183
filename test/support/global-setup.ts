import { ensureBundles } from '../../stack/bundles/bundles.ts';
import { BUNDLES } from './bundles.ts';

/** Before the files start at once, or each of the first ones would bundle for itself. */
export default async function setUp(): Promise<void> {
  await ensureBundles(BUNDLES);
}
