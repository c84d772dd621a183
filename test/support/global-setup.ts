import { ensureBundles } from '../../stack/bundles/bundles.ts';
import { ensureConsole } from '../../stack/console/console.ts';
import { BUNDLES } from './bundles.ts';

/** Before the files start at once, or each of the first ones would bundle and build for itself. */
export default async function setUp(): Promise<void> {
  await Promise.all([ensureBundles(BUNDLES), ensureConsole()]);
}
